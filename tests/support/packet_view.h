// Reads a packet back for assertions: fields, whether its checksums are right, and what a tunnel carries.
#pragma once

#include <memory>

#include "support/packet.h"

namespace vpcd::test {

struct View {
    enum class Tunnel { kNone, kVxlan, kGeneve, kGre };

    MacBytes to_mac{}, from_mac{};
    std::uint16_t ether_type = 0;
    bool is_ip = false; // the fields below are there
    std::uint32_t from = 0, to = 0;
    std::uint8_t ttl = 0, tos = 0, protocol = 0;
    bool df = false, is_fragment = false;
    std::uint16_t total_length = 0;
    std::uint16_t from_port = 0, to_port = 0; // UDP, TCP
    std::uint8_t tcp_flags = 0, icmp_type = 0, icmp_code = 0;
    std::uint16_t icmp_mtu = 0;
    std::uint16_t mss = 0;        // 0: no such option
    bool checksums_right = false; // of the IP header and of layer 4; UDP's may be absent
    Tunnel tunnel = Tunnel::kNone;
    std::uint32_t vni = 0;
    std::shared_ptr<View> inner; // of a tunnel; GRE: without Ethernet
};

View view(std::span<const std::uint8_t> frame);

} // namespace vpcd::test
