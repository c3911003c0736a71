// What XDP notes for TC about a packet it has uncovered, and such a packet.
#pragma once

#include <cstring>

#include "tunnel_packets.h"

namespace vpcd::test {

inline Packet inner()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of("10.0.1.10")).from("10.0.1.20").to("10.0.1.10");
}

inline Bytes note(std::uint32_t mark, std::uint32_t interface)
{
    Bytes out(8);
    std::memcpy(out.data(), &mark, 4);
    std::memcpy(out.data() + 4, &interface, 4);
    return out;
}

} // namespace vpcd::test
