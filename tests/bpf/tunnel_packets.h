// Tunnel packets as this host sends and receives them.
#pragma once

#include "support/packet_view.h"
#include "underlay.h"

namespace vpcd::test {

// `inner` from another host to this one.
Packet tunnelled(encapsulation kind, const Packet& inner, std::uint32_t vni = kVpc,
                 std::string_view from = "192.0.2.2");
// Exactly what this host puts on the wire towards 192.0.2.2; `port`: the outer source port, ours to choose.
Packet sent_by_us(encapsulation kind, const Packet& inner, std::uint16_t port, std::uint32_t vni = kVpc);
Packet carrier(std::string_view from = "192.0.2.2"); // the outer Ethernet and IP headers only
const char* name(encapsulation kind);
// The one a row is about, by how its name begins; VXLAN unless it says otherwise.
encapsulation kind_of(std::string_view row_name);

} // namespace vpcd::test
