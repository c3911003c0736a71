// A host that leads to the Internet: 10.0.1.10 lives on it and 10.0.1.20 on another one; each has a public address,
// served here.
#pragma once

#include "arrive_world.h"
#include "support/packet_view.h"
#include "underlay.h"

namespace vpcd::test {

inline constexpr const char* kClient = "198.51.100.7"; // on the Internet
inline constexpr const char* kWebPublic = "203.0.113.10";
inline constexpr const char* kFarPublic = "203.0.113.20";

struct OutsideWorld : Underlay {
    std::uint32_t there = host("192.0.2.2");
    Instance web = interface("10.0.1.10");
    Remote app = far("10.0.1.20", there);
    std::uint32_t way_out = gateway(0);

    OutsideWorld()
    {
        leads_outside();
        goes_out_by("10.0.1.10", way_out);
        serves(kWebPublic, "10.0.1.10");
        serves(kFarPublic, "10.0.1.20");
    }

    // What the other host's instance sends to the Internet arrives here.
    Outcome relays(const Packet& inner, std::uint32_t vni = kVpc)
    {
        return receives(vxlan(Packet{inner}.from_mac(kRouterMac).to_mac(kGatewayMac), vni), Via::kTc);
    }
    public_counters counted(std::uint32_t id) const
    {
        return datapath.sum<std::uint32_t, public_counters>("public_traffic", id);
    }
};

inline Packet from_client(std::string_view to)
{
    return Packet{}.from_mac(kFarExternalMac).to_mac(kExternalMac).from(kClient).to(to);
}

} // namespace vpcd::test
