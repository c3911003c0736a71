#include "plan/explain_nat.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fmt/format.h>

namespace vpcd {

namespace {

std::string text_of(const ::address& address)
{
    return to_string(Address::from_abi(address));
}

} // namespace

std::string NatWords::vpc(std::uint32_t vni) const
{
    const auto name = planner_.vpc_name(vni);
    return name.empty() ? std::to_string(vni) : name;
}

// Of an IPv4 block, whose address is mapped into 96 more bits.
std::string NatWords::key(const ::snat_key& key) const
{
    return fmt::format("shared by {}/{} of {}", text_of(key.address), key.prefix_len - SNAT_PREFIX_FIXED - 96,
                       vpc(key.vpc));
}

std::string NatWords::key(const ::forward_key& key) const
{
    return fmt::format("{} port {} of {}", key.protocol == IPPROTO_TCP ? "TCP" : "UDP", ntohs(key.port),
                       text_of(key.address));
}

std::string NatWords::row(const ::snat_key& row_key, const ::snat& row) const
{
    std::string addresses;
    for (std::size_t i = 0; i < row.count; ++i)
        addresses += (i == 0 ? "" : ", ") + text_of(row.addresses[i].address);
    return fmt::format("{}: {} ports {}-{}{}", key(row_key), addresses, unsigned{row.first_port},
                       unsigned{row.last_port}, row.flags & SNAT_ENDPOINT_INDEPENDENT ? " endpoint-independent" : "");
}

std::string NatWords::row(const ::forward_key& row_key, const ::forward& row) const
{
    return fmt::format("{} -> {} port {} of {}", key(row_key), text_of(row.address), ntohs(row.port), vpc(row.vpc));
}

std::string NatWords::key(const ::slice_key& key) const
{
    const unsigned first = key.port[0] << 8 | key.port[1];
    const unsigned free_bits = SLICE_PREFIX_FIXED + SLICE_PORT_BITS - key.prefix_len;
    return fmt::format("ports {}-{} of {}", first, first + (1u << free_bits) - 1, text_of(key.address));
}

std::string NatWords::row(const ::slice_key& row_key, const ::slice& row) const
{
    return fmt::format("{} -> {}", key(row_key), planner_.next_hop_name(row.next_hop));
}

std::string NatWords::row(std::uint32_t public_id, std::uint32_t generation) const
{
    return fmt::format("public address number {}: generation {:08x}", public_id, generation);
}

} // namespace vpcd
