#include "frame.h"

#include <algorithm>

namespace vpcd::oracle {
namespace {

constexpr std::size_t kTcpHeader = 20, kIcmpHeader = 8; // UDP's is as long as ICMP's
constexpr std::uint8_t kMssOption = 2;

void write16(Bytes& bytes, std::size_t at, std::uint16_t value)
{
    bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

void write32(Bytes& bytes, std::size_t at, std::uint32_t value)
{
    write16(bytes, at, static_cast<std::uint16_t>(value >> 16));
    write16(bytes, at + 2, static_cast<std::uint16_t>(value));
}

void sign(Bytes& bytes, std::size_t at, View covered, std::uint32_t start = 0)
{
    write16(bytes, at, 0);
    write16(bytes, at, test::internet_checksum(covered, start));
}

std::optional<Ip> read_ip_header(View packet)
{
    if (packet.size() < kIpHeader || packet[0] >> 4 != 4)
        return std::nullopt;
    Ip ip;
    ip.header = static_cast<std::size_t>(packet[0] & 0xf) * 4;
    ip.tos = packet[1];
    ip.length = read16(packet, 2);
    ip.id = read16(packet, 4);
    ip.more = (packet[6] & 0x20) != 0;
    ip.offset = static_cast<std::size_t>(read16(packet, 6) & 0x1fff) * 8;
    ip.ttl = packet[8];
    ip.protocol = packet[9];
    ip.source = read32(packet, 12);
    ip.destination = read32(packet, 16);
    return ip.header >= kIpHeader && ip.header <= packet.size() ? std::optional{ip} : std::nullopt;
}

// Of the first 8 bytes.
Transport read_ports(const Ip& ip, View body)
{
    Transport found;
    if (ip.protocol == kTcp || ip.protocol == kUdp) {
        found.source_port = read16(body, 0);
        found.destination_port = read16(body, 2);
    } else if (ip.protocol == kIcmp) {
        found.icmp_type = body[0];
        found.icmp_code = body[1];
        found.icmp_id = read16(body, 4);
    }
    return found;
}

void sign_ip(Bytes& frame)
{
    const std::size_t header = static_cast<std::size_t>(frame.at(kEthernetHeader) & 0xf) * 4;
    sign(frame, kEthernetHeader + 10, View{frame}.subspan(kEthernetHeader, header));
}

constexpr std::size_t address_at(End end)
{
    return end == End::Source ? 12 : 16;
}

// A checksum that covers a word which has changed.
void adjust(Bytes& bytes, std::size_t at, std::uint32_t was, std::uint32_t is)
{
    std::uint64_t sum = static_cast<std::uint16_t>(~read16(bytes, at));
    sum += static_cast<std::uint64_t>(~was) + is;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    write16(bytes, at, static_cast<std::uint16_t>(~sum));
}

} // namespace

std::uint16_t read16(View bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t read32(View bytes, std::size_t at)
{
    return static_cast<std::uint32_t>(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}

std::optional<Ethernet> read_ethernet(View frame)
{
    if (frame.size() < kEthernetHeader)
        return std::nullopt;
    Ethernet ethernet;
    std::ranges::copy(frame.subspan(0, 6), ethernet.to.begin());
    std::ranges::copy(frame.subspan(6, 6), ethernet.from.begin());
    ethernet.type = read16(frame, 12);
    return ethernet;
}

std::optional<Ip> read_ip(View packet)
{
    const auto ip = read_ip_header(packet);
    return ip && ip->length >= ip->header && ip->length <= packet.size() ? ip : std::nullopt;
}

std::optional<Transport> read_transport(const Ip& ip, View packet)
{
    const View body = packet.subspan(ip.header);
    std::size_t needed = 0;
    if (ip.protocol == kTcp)
        needed = kTcpHeader;
    else if (ip.protocol == kUdp || ip.protocol == kIcmp)
        needed = kIcmpHeader;
    if (body.size() < needed)
        return std::nullopt;
    auto found = read_ports(ip, body);
    if (ip.protocol == kTcp)
        found.tcp_flags = body[13];
    return found;
}

std::optional<Quote> read_quote(const Ip& of, View packet)
{
    constexpr std::size_t kQuoted = 8;
    const View quoted = packet.subspan(of.header);
    if (quoted.size() < kIcmpHeader)
        return std::nullopt;
    const auto ip = read_ip_header(quoted.subspan(kIcmpHeader));
    if (!ip || ip->offset != 0 || quoted.size() < kIcmpHeader + ip->header + kQuoted)
        return std::nullopt;
    return Quote{*ip, read_ports(*ip, quoted.subspan(kIcmpHeader + ip->header))};
}

void write_macs(Bytes& frame, const MacBytes& to, const MacBytes& from)
{
    std::ranges::copy(to, frame.begin());
    std::ranges::copy(from, frame.begin() + 6);
}

void age(Bytes& frame)
{
    frame.at(kEthernetHeader + 8)--;
    sign_ip(frame);
}

void mark_congestion(Bytes& frame)
{
    frame.at(kEthernetHeader + 1) |= 3;
    sign_ip(frame);
}

void clamp_segment_size(Bytes& frame, unsigned most)
{
    const View packet = View{frame}.subspan(kEthernetHeader);
    const auto ip = read_ip(packet);
    const std::size_t tcp = kEthernetHeader + ip->header;
    const std::size_t end = tcp + static_cast<std::size_t>(frame.at(tcp + 12) >> 4) * 4;
    for (std::size_t at = tcp + kTcpHeader; at + 1 < end && frame.at(at) != 0;) {
        const std::uint8_t kind = frame.at(at);
        if (kind == kMssOption && read16(frame, at + 2) > most) {
            write16(frame, at + 2, static_cast<std::uint16_t>(most));
            const std::size_t length = ip->length - ip->header;
            const View segment = View{frame}.subspan(tcp, length);
            sign(frame, tcp + 16, segment, test::pseudo_header(ip->source, ip->destination, kTcp, length));
        }
        if (kind == kMssOption)
            return;
        at += kind == 1 ? 1 : std::max<std::size_t>(frame.at(at + 1), 2);
    }
}

void write_address(Bytes& frame, End end, Ipv4 address)
{
    const auto ip = read_ip(View{frame}.subspan(kEthernetHeader));
    const auto was = end == End::Source ? ip->source : ip->destination;
    const std::size_t body = kEthernetHeader + ip->header;
    write32(frame, kEthernetHeader + address_at(end), address);
    sign_ip(frame);
    if (ip->offset == 0 && ip->protocol == kTcp)
        adjust(frame, body + 16, was, address);
    if (ip->offset != 0 || ip->protocol != kUdp || read16(frame, body + 6) == 0)
        return;
    adjust(frame, body + 6, was, address);
    if (read16(frame, body + 6) == 0) // would mean that there is none
        write16(frame, body + 6, 0xffff);
}

void write_quoted_address(Bytes& frame, End end, Ipv4 was, Ipv4 address)
{
    const auto ip = read_ip(View{frame}.subspan(kEthernetHeader));
    const std::size_t icmp = kEthernetHeader + ip->header, quoted = icmp + kIcmpHeader;
    if (frame.size() < quoted + kIpHeader || read32(frame, quoted + address_at(end)) != was)
        return;
    write32(frame, quoted + address_at(end), address);
    sign(frame, quoted + 10, View{frame}.subspan(quoted, static_cast<std::size_t>(frame.at(quoted) & 0xf) * 4));
    sign(frame, icmp + 2, View{frame}.subspan(icmp, ip->length - ip->header));
}

Bytes echo_reply(const Bytes& frame, const MacBytes& router)
{
    const auto ethernet = read_ethernet(frame);
    const auto ip = read_ip(View{frame}.subspan(kEthernetHeader));
    Bytes reply = frame;
    write_macs(reply, ethernet->from, router);
    write32(reply, kEthernetHeader + 12, ip->destination);
    write32(reply, kEthernetHeader + 16, ip->source);
    reply.at(kEthernetHeader + 8) = 64;
    sign_ip(reply);
    const std::size_t icmp = kEthernetHeader + ip->header;
    reply.at(icmp) = icmp::kEchoReply;
    sign(reply, icmp + 2, View{reply}.subspan(icmp, ip->length - ip->header));
    return reply;
}

Bytes icmp_error(const Bytes& frame, const MacBytes& router_mac, Ipv4 router, std::uint8_t type, std::uint8_t code,
                 std::uint16_t mtu)
{
    constexpr std::size_t kQuoted = kIpHeader + 8;
    constexpr std::size_t kIcmp4 = kEthernetHeader + kIpHeader;
    const auto ethernet = read_ethernet(frame);
    const auto ip = read_ip(View{frame}.subspan(kEthernetHeader));
    Bytes error(kIcmp4 + kIcmpHeader + kQuoted);
    write_macs(error, ethernet->from, router_mac);
    write16(error, 12, 0x0800);
    error.at(kEthernetHeader) = 0x45;
    write16(error, kEthernetHeader + 2, static_cast<std::uint16_t>(error.size() - kEthernetHeader));
    error.at(kEthernetHeader + 8) = 64;
    error.at(kEthernetHeader + 9) = kIcmp;
    write32(error, kEthernetHeader + 12, router);
    write32(error, kEthernetHeader + 16, ip->source);
    sign_ip(error);
    error.at(kIcmp4) = type;
    error.at(kIcmp4 + 1) = code;
    write16(error, kIcmp4 + 6, mtu);
    std::ranges::copy(View{frame}.subspan(kEthernetHeader, kQuoted), error.begin() + kIcmp4 + kIcmpHeader);
    sign(error, kIcmp4 + 2, View{error}.subspan(kIcmp4));
    return error;
}

} // namespace vpcd::oracle
