// The world of NAT gateways with load balancers besides: a client, and a way back to gateways.
#pragma once

#include <string>

#include "nat_world.h"
#include "service_rows.h"

namespace vpcd::test {

inline constexpr const char* kService = "10.0.1.200";
inline constexpr const char* kPublicService = "203.0.113.50";

// 10.0.1.30 and 10.0.1.10 live here, 10.0.1.40 and 10.0.1.20 on another host.
struct ServiceWorld : NatWorld, ServiceRows {
    Instance client = interface("10.0.1.50");

    ServiceWorld() : ServiceRows(OutsideWorld::datapath) { goes_back(); }

    Outcome opens(std::uint16_t from, const char* to = kService, std::uint16_t port = 80)
    {
        return client.sends(Packet{}.to(to).tcp(from, port).flags(kSyn));
    }
    // To whom a connection of the client's goes.
    std::string backend_of(std::uint16_t from)
    {
        const auto out = opens(from);
        const auto seen = view(out.bytes);
        const auto to = seen.inner ? seen.inner->to : seen.to;
        return "10.0.1." + std::to_string(to & 255);
    }
};

} // namespace vpcd::test
