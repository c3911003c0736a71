// Builds packets for tests: `Packet{}.from("10.0.1.10").to("10.0.2.10").tcp(40000, 80).flags(kSyn).bytes()`.
// Starts as a valid UDP datagram; lengths and checksums follow from the rest unless a test overrides them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vpcd::test {

using Bytes = std::vector<std::uint8_t>;
using MacBytes = std::array<std::uint8_t, 6>;

std::uint32_t ipv4(std::string_view text); // host byte order
MacBytes parse_mac(std::string_view text);
MacBytes mac_of(std::string_view address); // the one an instance has by default: 02:00, then its IPv4 address
std::string hex(std::span<const std::uint8_t> bytes);
// Folded and complemented: 0 over data that contains its own right checksum.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t start = 0);
std::uint32_t pseudo_header(std::uint32_t from, std::uint32_t to, std::uint8_t protocol, std::size_t length);

enum TcpFlag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };
enum ArpOperation : std::uint16_t { kArpRequest = 1, kArpReply = 2 };

struct Geneve {
    std::uint8_t version = 0;
    bool control = false;
    bool critical = false;
    std::uint16_t protocol = 0x6558;
    Bytes options = {}; // a multiple of 4 bytes
};

class Packet {
public:
    Packet& from_mac(MacBytes value);
    Packet& to_mac(MacBytes value);
    Packet& from(std::string_view address);
    Packet& to(std::string_view address);
    // What the packet did not say itself.
    Packet& by_default(MacBytes from_mac, MacBytes to_mac, std::uint32_t from);
    Packet& ether_type(std::uint16_t value); // what follows stays as it is
    Packet& vlan(std::uint16_t id);

    Packet& ttl(std::uint8_t value);
    Packet& tos(std::uint8_t value);
    Packet& df(bool value = true);
    Packet& ip_id(std::uint16_t value);
    Packet& fragment(std::uint16_t byte_offset, bool more); // a later one has no header of layer 4
    Packet& ip_options(std::size_t bytes);                  // no-operations, a multiple of 4
    Packet& ip_version(std::uint8_t value);
    Packet& ip_header_words(std::uint8_t value);
    Packet& ip_total_length(std::uint16_t value);

    Packet& udp(std::uint16_t from_port, std::uint16_t to_port);
    Packet& no_checksum(); // UDP's zero
    Packet& tcp(std::uint16_t from_port, std::uint16_t to_port);
    Packet& flags(int value);
    Packet& tcp_options(Bytes value); // padded with end-of-options
    Packet& mss(std::uint16_t value);
    Packet& icmp(std::uint8_t type, std::uint8_t code, std::uint16_t first = 0, std::uint16_t second = 0);
    Packet& icmp_echo(std::uint16_t id, std::uint16_t sequence);
    Packet& icmp_echo_reply(std::uint16_t id, std::uint16_t sequence);
    Packet& protocol(std::uint8_t value); // nothing but the payload after the IP header
    Packet& arp(std::uint16_t operation, MacBytes sender_mac, std::string_view sender, MacBytes target_mac,
                std::string_view target);
    Packet& arp_request(MacBytes sender_mac, std::string_view sender, std::string_view target);

    Packet& payload(std::size_t bytes);
    Packet& payload(Bytes value);
    Packet& quoting(const Packet& refused); // what an ICMP error repeats: the IP header and 8 bytes

    Packet& vxlan(std::uint32_t vni, const Packet& inner, std::uint8_t header_flags = 0x08);
    Packet& geneve(std::uint32_t vni, const Packet& inner, const Geneve& header = {});
    Packet& gre(std::uint32_t key, const Packet& inner, std::uint16_t header_flags = 0x2000,
                std::uint16_t protocol = 0x0800);

    Packet& truncate(std::size_t bytes); // of the whole frame
    // The frame padded with zeros to at least `bytes`, as Ethernet does.
    Packet& pad(std::size_t bytes);

    Bytes bytes() const;

private:
    enum class Body { kNone, kUdp, kTcp, kIcmp, kArp };
    Bytes layer4() const;
    Bytes ip_packet() const;
    Packet& tunnel(Bytes header, const Bytes& inner);

    std::optional<MacBytes> from_mac_, to_mac_;
    std::optional<std::uint32_t> from_, to_;
    std::optional<std::uint16_t> ether_type_, vlan_, ip_total_length_;
    std::optional<std::uint8_t> ip_header_words_;
    std::size_t ip_options_ = 0, pad_ = 0;
    std::optional<std::size_t> truncate_;
    std::uint8_t ip_version_ = 4, ttl_ = 64, tos_ = 0, protocol_ = 17, tcp_flags_ = kAck;
    std::uint16_t fragment_ = 0, ip_id_ = 0;
    bool checksum_ = true;
    Body body_ = Body::kUdp;
    std::uint16_t first_ = 40000, second_ = 9; // ports; ICMP: the second word
    std::uint8_t icmp_type_ = 0, icmp_code_ = 0;
    Bytes tcp_options_, arp_, payload_ = Bytes(16, 0x5a);
};

} // namespace vpcd::test
