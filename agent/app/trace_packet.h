// Builds the packets that are traced, and reads what comes out of a tunnel. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/host.h"
#include "observe/trace_view.h"

namespace vpcd {

using Bytes = std::vector<std::uint8_t>;

// The frame, in one piece with valid checksums. Its payload is cut off behind the first bytes: who needs the length
// has it in packet.size.
Bytes build_frame(const TracedPacket&);
Bytes build_arp_request(const Mac& sender, const Address& sender_address, const Address& target);
// The smallest IP packet of this kind that build_frame() makes.
unsigned least_size(const TracedPacket&);
// Does an ICMP message of this type quote a packet? build_frame() quotes one of UDP, with the ports swapped.
bool is_icmp_error(unsigned type);

struct Tunnel {
    Encapsulation encapsulation;
    unsigned vni;
    Address source;
    Address destination;
    Mac destination_mac;
};

// `frame` as another host would send it in a tunnel; `size`: bytes of its IP packet.
Bytes encapsulate(const Tunnel&, const Bytes& frame, unsigned size);
// Nothing when the frame carries no tunnel of ours.
std::optional<OuterHeaders> read_outer(const Bytes& frame);

} // namespace vpcd
