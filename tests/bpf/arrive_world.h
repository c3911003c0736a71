// A host with one instance that others send tunnel packets to.
#pragma once

#include "tunnel_packets.h"

namespace vpcd::test {

inline constexpr auto kKinds = {ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE};
inline constexpr const char* kInstance = "10.0.1.10";

// From an instance on 192.0.2.2 for the one here.
inline Packet arriving()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of(kInstance)).from("10.0.1.20").to(kInstance);
}

struct ArriveWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance web = interface(kInstance);
    Remote remote = far("10.0.1.20", other);
};

inline Verdict delivered(Via via)
{
    return via == Via::kTc ? kRedirected : kPassed; // XDP passes it on to TC, uncovered
}

inline Packet vxlan(const Packet& carried, std::uint32_t vni = kVpc, std::uint8_t flags = 8)
{
    return carrier().no_checksum().udp(50000, 4789).vxlan(vni, carried, flags);
}

inline Packet geneve(const Packet& carried, const Geneve& header)
{
    return carrier().no_checksum().udp(50000, 6081).geneve(kVpc, carried, header);
}

} // namespace vpcd::test
