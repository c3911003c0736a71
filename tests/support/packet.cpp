#include "support/packet.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>

namespace vpcd::test {
namespace {

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kGre = 47;
constexpr std::size_t kEthernet = 14, kIpHeader = 20, kTcpHeader = 20;

void put8(Bytes& out, std::uint8_t value)
{
    out.push_back(value);
}

void put16(Bytes& out, std::uint16_t value)
{
    put8(out, static_cast<std::uint8_t>(value >> 8));
    put8(out, static_cast<std::uint8_t>(value));
}

void put32(Bytes& out, std::uint32_t value)
{
    put16(out, static_cast<std::uint16_t>(value >> 16));
    put16(out, static_cast<std::uint16_t>(value));
}

template <typename Range>
void put(Bytes& out, const Range& bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void set16(Bytes& out, std::size_t at, std::uint16_t value)
{
    out.at(at) = static_cast<std::uint8_t>(value >> 8);
    out.at(at + 1) = static_cast<std::uint8_t>(value);
}

} // namespace

std::uint32_t ipv4(std::string_view text)
{
    in_addr address{};
    if (inet_pton(AF_INET, std::string{text}.c_str(), &address) != 1)
        std::abort(); // a test misspells an address
    return ntohl(address.s_addr);
}

MacBytes parse_mac(std::string_view text)
{
    MacBytes out{};
    for (std::size_t i = 0; i < out.size(); i++)
        out[i] = static_cast<std::uint8_t>(std::stoul(std::string{text.substr(i * 3, 2)}, nullptr, 16));
    return out;
}

MacBytes mac_of(std::string_view address)
{
    const auto value = ipv4(address);
    return {0x02,
            0x00,
            static_cast<std::uint8_t>(value >> 24),
            static_cast<std::uint8_t>(value >> 16),
            static_cast<std::uint8_t>(value >> 8),
            static_cast<std::uint8_t>(value)};
}

std::string hex(std::span<const std::uint8_t> bytes)
{
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i++) {
        char text[4];
        std::snprintf(text, sizeof(text), "%02x%s", bytes[i], i % 16 == 15 ? "\n" : " ");
        out += text;
    }
    return out;
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t start)
{
    std::uint64_t sum = start;
    for (std::size_t i = 0; i < bytes.size(); i++)
        sum += i % 2 ? bytes[i] : bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint32_t pseudo_header(std::uint32_t from, std::uint32_t to, std::uint8_t protocol, std::size_t length)
{
    return (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + protocol +
           static_cast<std::uint32_t>(length);
}

Packet& Packet::by_default(MacBytes from_mac, MacBytes to_mac, std::uint32_t from)
{
    from_mac_ = from_mac_.value_or(from_mac);
    to_mac_ = to_mac_.value_or(to_mac);
    from_ = from_.value_or(from);
    return *this;
}

Packet& Packet::arp(std::uint16_t operation, MacBytes sender_mac, std::string_view sender, MacBytes target_mac,
                    std::string_view target)
{
    body_ = Body::kArp;
    ether_type_ = 0x0806;
    arp_.clear();
    put16(arp_, 1);
    put16(arp_, 0x0800);
    put8(arp_, 6);
    put8(arp_, 4);
    put16(arp_, operation);
    put(arp_, sender_mac);
    put32(arp_, ipv4(sender));
    put(arp_, target_mac);
    put32(arp_, ipv4(target));
    payload_.clear();
    return *this;
}

Packet& Packet::arp_request(MacBytes sender_mac, std::string_view sender, std::string_view target)
{
    if (!to_mac_)
        to_mac_ = MacBytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return arp(kArpRequest, sender_mac, sender, {}, target);
}

Packet& Packet::quoting(const Packet& refused)
{
    const auto whole = refused.bytes();
    const auto end = std::min(whole.size(), kEthernet + kIpHeader + 8);
    return payload(Bytes(whole.begin() + kEthernet, whole.begin() + static_cast<std::ptrdiff_t>(end)));
}

Packet& Packet::tunnel(Bytes header, const Bytes& inner)
{
    put(header, inner);
    return payload(std::move(header));
}

Packet& Packet::vxlan(std::uint32_t vni, const Packet& inner, std::uint8_t header_flags)
{
    Bytes header{header_flags, 0, 0, 0};
    put32(header, vni << 8);
    return tunnel(std::move(header), inner.bytes());
}

Packet& Packet::geneve(std::uint32_t vni, const Packet& inner, const Geneve& geneve)
{
    Bytes header;
    put8(header, static_cast<std::uint8_t>(geneve.version << 6 | geneve.options.size() / 4));
    put8(header, static_cast<std::uint8_t>((geneve.control ? 0x80 : 0) | (geneve.critical ? 0x40 : 0)));
    put16(header, geneve.protocol);
    put32(header, vni << 8);
    put(header, geneve.options);
    return tunnel(std::move(header), inner.bytes());
}

Packet& Packet::gre(std::uint32_t key, const Packet& inner, std::uint16_t header_flags, std::uint16_t protocol)
{
    Bytes header;
    const auto whole = inner.bytes();
    put16(header, header_flags);
    put16(header, protocol);
    if (header_flags & 0x8000)
        put32(header, 0);
    if (header_flags & 0x2000)
        put32(header, key);
    if (header_flags & 0x1000)
        put32(header, 0);
    this->protocol(kGre);
    const auto skip = std::min(whole.size(), kEthernet);
    return tunnel(std::move(header), Bytes(whole.begin() + static_cast<std::ptrdiff_t>(skip), whole.end()));
}

Bytes Packet::layer4() const
{
    Bytes out;
    if (body_ == Body::kUdp) {
        put16(out, first_);
        put16(out, second_);
        put16(out, static_cast<std::uint16_t>(8 + payload_.size()));
        put16(out, 0);
    } else if (body_ == Body::kTcp) {
        put16(out, first_);
        put16(out, second_);
        put32(out, 1);
        put32(out, 2);
        put8(out, static_cast<std::uint8_t>((kTcpHeader + tcp_options_.size()) / 4 << 4));
        put8(out, tcp_flags_);
        put16(out, 0xffff);
        put32(out, 0);
        put(out, tcp_options_);
    } else if (body_ == Body::kIcmp) {
        put8(out, icmp_type_);
        put8(out, icmp_code_);
        put16(out, 0);
        put16(out, first_);
        put16(out, second_);
    }
    put(out, payload_);

    const auto pseudo = pseudo_header(from_.value_or(0), to_.value_or(0), protocol_, out.size());
    if (body_ == Body::kUdp && checksum_) {
        const auto check = internet_checksum(out, pseudo);
        set16(out, 6, check ? check : 0xffff);
    } else if (body_ == Body::kTcp) {
        set16(out, 16, internet_checksum(out, pseudo));
    } else if (body_ == Body::kIcmp) {
        set16(out, 2, internet_checksum(out));
    }
    return out;
}

Bytes Packet::ip_packet() const
{
    const bool later = fragment_ & 0x1fff;
    const auto body = later ? payload_ : layer4();
    const auto header = kIpHeader + ip_options_;
    Bytes out;
    put8(out, static_cast<std::uint8_t>(ip_version_ << 4 | ip_header_words_.value_or(header / 4)));
    put8(out, tos_);
    put16(out, ip_total_length_.value_or(static_cast<std::uint16_t>(header + body.size())));
    put16(out, ip_id_);
    put16(out, fragment_);
    put8(out, ttl_);
    put8(out, protocol_);
    put16(out, 0);
    put32(out, from_.value_or(0));
    put32(out, to_.value_or(0));
    put(out, Bytes(ip_options_, 1));
    set16(out, 10, internet_checksum(out));
    put(out, body);
    return out;
}

Bytes Packet::bytes() const
{
    Bytes out;
    put(out, to_mac_.value_or(MacBytes{}));
    put(out, from_mac_.value_or(MacBytes{}));
    if (vlan_) {
        put16(out, 0x8100);
        put16(out, *vlan_);
    }
    put16(out, ether_type_.value_or(0x0800));
    put(out, body_ == Body::kArp ? arp_ : ip_packet());
    if (out.size() < pad_)
        out.resize(pad_);
    if (truncate_ && out.size() > *truncate_)
        out.resize(*truncate_);
    return out;
}

// clang-format off
Packet& Packet::from_mac(MacBytes value) { from_mac_ = value; return *this; }
Packet& Packet::to_mac(MacBytes value) { to_mac_ = value; return *this; }
Packet& Packet::from(std::string_view address) { from_ = ipv4(address); return *this; }
Packet& Packet::to(std::string_view address) { to_ = ipv4(address); return *this; }
Packet& Packet::ether_type(std::uint16_t value) { ether_type_ = value; return *this; }
Packet& Packet::vlan(std::uint16_t id) { vlan_ = id; return *this; }
Packet& Packet::ttl(std::uint8_t value) { ttl_ = value; return *this; }
Packet& Packet::tos(std::uint8_t value) { tos_ = value; return *this; }
Packet& Packet::ip_id(std::uint16_t value) { ip_id_ = value; return *this; }
Packet& Packet::ip_options(std::size_t bytes) { ip_options_ = bytes; return *this; }
Packet& Packet::ip_version(std::uint8_t value) { ip_version_ = value; return *this; }
Packet& Packet::ip_header_words(std::uint8_t value) { ip_header_words_ = value; return *this; }
Packet& Packet::ip_total_length(std::uint16_t value) { ip_total_length_ = value; return *this; }
Packet& Packet::no_checksum() { checksum_ = false; return *this; }
Packet& Packet::flags(int value) { tcp_flags_ = static_cast<std::uint8_t>(value); return *this; }
Packet& Packet::payload(std::size_t bytes) { payload_ = Bytes(bytes, 0x5a); return *this; }
Packet& Packet::payload(Bytes value) { payload_ = std::move(value); return *this; }
Packet& Packet::truncate(std::size_t bytes) { truncate_ = bytes; return *this; }
Packet& Packet::pad(std::size_t bytes) { pad_ = bytes; return *this; }
// clang-format on

Packet& Packet::df(bool value)
{
    fragment_ = static_cast<std::uint16_t>((fragment_ & ~0x4000) | (value ? 0x4000 : 0));
    return *this;
}

Packet& Packet::fragment(std::uint16_t byte_offset, bool more)
{
    fragment_ = static_cast<std::uint16_t>((fragment_ & 0x4000) | (more ? 0x2000 : 0) | byte_offset / 8);
    return *this;
}

Packet& Packet::udp(std::uint16_t from_port, std::uint16_t to_port)
{
    body_ = Body::kUdp;
    protocol_ = kUdp;
    first_ = from_port;
    second_ = to_port;
    return *this;
}

Packet& Packet::tcp(std::uint16_t from_port, std::uint16_t to_port)
{
    udp(from_port, to_port);
    body_ = Body::kTcp;
    protocol_ = kTcp;
    return *this;
}

Packet& Packet::tcp_options(Bytes value)
{
    tcp_options_ = std::move(value);
    tcp_options_.resize((tcp_options_.size() + 3) / 4 * 4);
    return *this;
}

Packet& Packet::mss(std::uint16_t value)
{
    return tcp_options({2, 4, static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

Packet& Packet::icmp(std::uint8_t type, std::uint8_t code, std::uint16_t first, std::uint16_t second)
{
    body_ = Body::kIcmp;
    protocol_ = kIcmp;
    icmp_type_ = type;
    icmp_code_ = code;
    first_ = first;
    second_ = second;
    return *this;
}

Packet& Packet::icmp_echo(std::uint16_t id, std::uint16_t sequence)
{
    return icmp(8, 0, id, sequence);
}

Packet& Packet::icmp_echo_reply(std::uint16_t id, std::uint16_t sequence)
{
    return icmp(0, 0, id, sequence);
}

Packet& Packet::protocol(std::uint8_t value)
{
    body_ = Body::kNone;
    protocol_ = value;
    return *this;
}

} // namespace vpcd::test
