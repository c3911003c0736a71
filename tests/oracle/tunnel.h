// A tunnel packet taken apart.
#pragma once

#include "frame.h"

namespace vpcd::oracle {

struct Outer {
    Encapsulation encapsulation = Encapsulation::Vxlan;
    std::uint32_t vni = 0;
    Ipv4 source = 0, destination = 0;

    bool operator==(const Outer&) const = default;
};

struct Tunnel {
    Outer outer;
    std::uint8_t tos = 0;
    std::optional<Ethernet> ethernet; // GRE has none
    Bytes packet;                     // the inner one, from its IP header on
};

// nullopt: it is none that is well-formed.
std::optional<Tunnel> read_tunnel(View frame);

} // namespace vpcd::oracle
