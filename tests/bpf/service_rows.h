// What load balancers hold, written without the planner: what a test says is what is in force.
#pragma once

#include <string>
#include <vector>

#include <vpcd/abi/service.h>

#include "nat_rows.h"

namespace vpcd::test {

struct BackendRow {
    const char* address;
    std::uint16_t port = 8080;
    std::uint8_t weight = 1;
    bool is_checked = false;
    std::uint32_t answered_by = 0; // way to its own host, which translates
};

class ServiceRows {
public:
    explicit ServiceRows(Datapath& datapath) : services_(datapath) {}

    // A listener at an address of the VPC `at`, or with 0 of the Internet. Returns the numbers of its backends; each
    // has one slot.
    std::vector<std::uint32_t> balances(const char* address, std::uint16_t port,
                                        const std::vector<BackendRow>& backends,
                                        scheduler how = SCHEDULER_ROUND_ROBIN, std::uint32_t at = kVpc,
                                        std::uint8_t protocol = kTcp, __u16 flags = 0)
    {
        const std::uint32_t id = ++listeners_;
        std::vector<std::uint32_t> numbers;
        ::service_slots slots{};
        for (const auto& [to, to_port, weight, is_checked, answered_by] : backends) {
            const std::uint32_t number = 30 + ++numbers_;
            services_.put("backends", number,
                          ::backend{.address = to_address(ipv4(to)),
                                    .service = id,
                                    .port = big_endian(to_port),
                                    .weight = weight,
                                    .flags = is_checked ? __u8{BACKEND_CHECKED} : __u8{0},
                                    .next_hop = answered_by});
            services_.put("public_generations", number, std::uint32_t{7});
            if (weight != 0)
                slots.backend[used(slots)] = number;
            numbers.push_back(number);
        }
        services_.put("service_slots", service_slots_key{id, 0}, slots);
        services_.put("services", key_of(address, at, port, protocol),
                      ::service{.id = id,
                                .vpc = kVpc,
                                .slots = static_cast<__u32>(used(slots)),
                                .scheduler = static_cast<__u16>(how),
                                .flags = flags});
        if (at != 0)
            services_.put("endpoints", endpoint_key{to_address(ipv4(address)), at},
                          ::endpoint{.next_hop = 0,
                                     .subnet = 0,
                                     .flags = ENDPOINT_ROUTER | ENDPOINT_SERVICE,
                                     .group_set = 0,
                                     .outside = 0});
        else
            services_.put("publics", public_key{to_address(ipv4(address))},
                          public_address{.private_address = {}, .vpc = kVpc, .id = 60, .flags = PUBLIC_ANNOUNCED});
        return numbers;
    }
    void is(std::uint32_t backend, backend_state state) const
    {
        services_.put("backend_states", backend, static_cast<std::uint32_t>(state));
    }
    void allows(std::uint32_t listener, const char* address) const
    {
        services_.put("service_clients",
                      service_client_key{SERVICE_CLIENT_PREFIX_FIXED + 128, listener, to_address(ipv4(address))},
                      service_client{1});
    }
    std::uint64_t connections(std::uint32_t backend) const
    {
        std::uint64_t held = 0;
        services_.get("backend_connections", backend, held);
        return held;
    }

    static service_key key_of(const char* address, std::uint32_t at, std::uint16_t port, std::uint8_t protocol = kTcp)
    {
        return {to_address(ipv4(address)), at, big_endian(port), protocol, 0};
    }

private:
    static __be16 big_endian(std::uint16_t port) { return static_cast<__be16>(port << 8 | port >> 8); }
    static std::size_t used(const ::service_slots& slots)
    {
        std::size_t count = 0;
        while (slots.backend[count] != 0)
            ++count;
        return count;
    }

    Datapath& services_;
    std::uint32_t listeners_ = 0, numbers_ = 0;
};

} // namespace vpcd::test
