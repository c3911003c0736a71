// Public addresses: what stands for what, and on which host.
#pragma once

#include "walk.h"

namespace vpcd::oracle {

constexpr std::uint32_t kGreOutside = 0x01000000; // in a GRE key: what has the gateway's MAC elsewhere

// By whose public address a packet of this card leaves that no route takes; nullptr: it has none that is served. That
// of the owner of its source address, who must be on the card's host.
const Public* way_out(const World&, const Card& sender, Ipv4 source);
// From the private address to the public one, and what an ICMP error quotes of the other direction.
void publish(Bytes& frame, const Public&);
// The other way round.
void unpublish(Bytes& frame, const Public&);

} // namespace vpcd::oracle
