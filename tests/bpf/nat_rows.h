// What NAT gateways share and forward, written without the planner: what a test says is what is in force.
#pragma once

#include <string>
#include <vector>

#include "rules_world.h"

namespace vpcd::test {

inline constexpr const char* kShared = "203.0.113.30";

struct SnatPool {
    std::vector<const char*> addresses{kShared};
    std::uint16_t first_port = 1024, last_port = 65535;
    bool is_independent = false;
    unsigned flags = 0; // enum snat_flags, besides that
};

class NatRows {
public:
    explicit NatRows(Datapath& datapath) : nat_(datapath) {}

    std::uint32_t generation = 1; // of what is written from now on

    // Of a public address that is shared; one that is not yet becomes so.
    std::uint32_t shared(const char* address, std::uint32_t vni = kVpc)
    {
        const public_key key{to_address(ipv4(address))};
        public_address row{};
        if (!nat_.get("publics", key, row)) {
            row = {.private_address = {}, .vpc = vni, .id = ++ids_, .flags = PUBLIC_ANNOUNCED};
            nat_.put("publics", key, row);
        }
        nat_.put("public_generations", row.id, generation);
        return row.id;
    }
    void shares(const char* prefix, const SnatPool& pool, std::uint32_t vni = kVpc)
    {
        ::snat row{};
        row.first_port = pool.first_port;
        row.last_port = pool.last_port;
        row.count = static_cast<__u16>(pool.addresses.size());
        row.flags = static_cast<__u16>(pool.flags | (pool.is_independent ? unsigned{SNAT_ENDPOINT_INDEPENDENT} : 0u));
        row.generation = generation;
        for (std::size_t i = 0; i < pool.addresses.size(); ++i)
            row.addresses[i] = {to_address(ipv4(pool.addresses[i])), shared(pool.addresses[i], vni)};
        nat_.put("snats", key_of_source(prefix, vni), row);
    }
    void shares_no_more(const char* prefix, std::uint32_t vni = kVpc) const
    {
        nat_.erase("snats", key_of_source(prefix, vni));
    }
    // A block of ports that another host has, as far as the bits say.
    void has_slice(const char* address, unsigned first_port, unsigned bits, std::uint32_t next_hop) const
    {
        nat_.put("slices",
                 slice_key{.prefix_len = SLICE_PREFIX_FIXED + bits,
                           .address = to_address(ipv4(address)),
                           .port = {static_cast<__u8>(first_port >> 8), static_cast<__u8>(first_port)},
                           .pad = 0},
                 ::slice{next_hop});
    }
    void forwards(const char* address, std::uint16_t port, const char* to, std::uint16_t to_port,
                  std::uint8_t protocol = kTcp, std::uint32_t vni = kVpc)
    {
        shared(address, vni);
        nat_.put("forwards", key_of_forward(address, port, protocol),
                 ::forward{.address = to_address(ipv4(to)),
                           .vpc = vni,
                           .generation = generation,
                           .port = big_endian(to_port),
                           .pad = 0});
    }
    void forwards_no_more(const char* address, std::uint16_t port, std::uint8_t protocol = kTcp) const
    {
        nat_.erase("forwards", key_of_forward(address, port, protocol));
    }

private:
    static __be16 big_endian(std::uint16_t port) { return static_cast<__be16>(port << 8 | port >> 8); }
    static snat_key key_of_source(std::string_view prefix, std::uint32_t vni)
    {
        const auto slash = prefix.find('/');
        const auto bits = static_cast<__u32>(std::stoul(std::string{prefix.substr(slash + 1)}));
        return {SNAT_PREFIX_FIXED + 96 + bits, vni, to_address(ipv4(prefix.substr(0, slash)))};
    }
    static forward_key key_of_forward(const char* address, std::uint16_t port, std::uint8_t protocol)
    {
        return {to_address(ipv4(address)), big_endian(port), protocol, 0};
    }

    Datapath& nat_;
    std::uint32_t ids_ = 10;
};

} // namespace vpcd::test
