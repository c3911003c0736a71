// A frame read field by field, and the few changes a virtual router makes to one. Checksums are computed over the
// whole, never patched.
#pragma once

#include <optional>
#include <span>

#include "world.h"

namespace vpcd::oracle {

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kGre = 47;
constexpr std::size_t kEthernetHeader = 14, kIpHeader = 20;

constexpr MacBytes kRouter{0x02, 0x76, 0x70, 0x63, 0x64, 0xfe};  // the virtual router's, everywhere
constexpr MacBytes kGateway{0x02, 0x76, 0x70, 0x63, 0x64, 0xfd}; // who takes packets out to the Internet

namespace icmp {
constexpr std::uint8_t kEchoReply = 0, kUnreachable = 3, kEcho = 8, kExceeded = 11, kBadParameter = 12;
} // namespace icmp

using View = std::span<const std::uint8_t>;

struct Ethernet {
    MacBytes to{}, from{};
    std::uint16_t type = 0;
};

struct Ip {
    Ipv4 source = 0, destination = 0;
    std::uint8_t protocol = 0, ttl = 0, tos = 0;
    std::uint16_t id = 0;
    std::size_t header = 0, length = 0; // bytes
    std::size_t offset = 0;             // of a fragment, bytes
    bool more = false;                  // fragments follow

    bool is_fragment() const { return more || offset != 0; }
    bool has_options() const { return header > kIpHeader; }
};

// Of TCP, UDP and ICMP, where there is a header of theirs.
struct Transport {
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint8_t tcp_flags = 0;
    std::uint8_t icmp_type = 0, icmp_code = 0;
    std::uint16_t icmp_id = 0;
};

// What an ICMP error repeats of a packet: the IP header and 8 bytes, whatever was cut off behind.
struct Quote {
    Ip ip;
    Transport transport;
};

std::uint16_t read16(View bytes, std::size_t at);
std::uint32_t read32(View bytes, std::size_t at);

std::optional<Ethernet> read_ethernet(View frame);
// nullopt: cut short, or its lengths contradict each other.
std::optional<Ip> read_ip(View packet);
// Of the first fragment or a whole packet. nullopt: cut short.
std::optional<Transport> read_transport(const Ip&, View packet);
// nullopt: cut short, or a later fragment, which says nothing of ports.
std::optional<Quote> read_quote(const Ip& of, View packet);

void write_macs(Bytes& frame, const MacBytes& to, const MacBytes& from);
// One hop further: the TTL is one less.
void age(Bytes& frame);
// The mark for congestion of the outer header goes into the inner one.
void mark_congestion(Bytes& frame);
// A SYN's maximum segment size is at most this.
void clamp_segment_size(Bytes& frame, unsigned most);
enum class End { Source, Destination };
// Another address in the IP header, and what the checksums of TCP and UDP make of it: those of fragments cover more
// than is there, so they are adjusted (RFC 1624).
void write_address(Bytes& frame, End, Ipv4 address);
// The same in what an ICMP error quotes, if it quotes a packet from or to `was`.
void write_quoted_address(Bytes& frame, End, Ipv4 was, Ipv4 address);
// The echo request turned into its reply.
Bytes echo_reply(const Bytes& frame, const MacBytes& router);
// What the router tells the sender of `frame`.
Bytes icmp_error(const Bytes& frame, const MacBytes& router_mac, Ipv4 router, std::uint8_t type, std::uint8_t code,
                 std::uint16_t mtu);

} // namespace vpcd::oracle
