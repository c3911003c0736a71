#include "app/trace_packet.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <span>

#include "dataplane/trace.h"
#include "observe/words.h"

namespace vpcd {

namespace {

constexpr std::uint16_t kMss = 1460; // what an instance with an MTU of 1500 offers
constexpr std::uint16_t kTunnelPort = 0xc000;
constexpr std::uint8_t kVxlanHasVni = 0x08;
constexpr std::uint16_t kGreHasKey = 0x2000;

struct TcpSyn {
    ::tcphdr header;
    std::uint8_t option[4]; // MSS (RFC 9293, 3.7.1)
};

struct Arp {
    ::arphdr header;
    std::uint8_t sender_mac[ETH_ALEN];
    std::uint8_t sender[4];
    std::uint8_t target_mac[ETH_ALEN];
    std::uint8_t target[4];
} __attribute__((packed));

// Both kinds of UDP tunnel: VXLAN (RFC 7348, 5), Geneve without options (RFC 8926, 3.4).
struct UdpTunnel {
    std::uint32_t flags;
    std::uint32_t vni; // 24 bits, then 8 reserved
};

struct GreTunnel { // RFC 2890, with a key
    std::uint16_t flags;
    std::uint16_t protocol;
    std::uint32_t key;
};

template <typename Header>
void append(Bytes& bytes, const Header& header)
{
    const auto* first = reinterpret_cast<const std::uint8_t*>(&header);
    bytes.insert(bytes.end(), first, first + sizeof(header));
}

// Copied out: a header may stand anywhere.
template <typename Header>
std::optional<Header> header_at(const Bytes& bytes, std::size_t offset)
{
    Header header;
    if (offset + sizeof(header) > bytes.size())
        return std::nullopt;
    std::memcpy(&header, bytes.data() + offset, sizeof(header));
    return header;
}

std::uint32_t sum_of(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0)
{
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
    return sum;
}

std::uint16_t checksum(std::uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons(static_cast<std::uint16_t>(~sum));
}

void append_ethernet(Bytes& bytes, const Mac& destination, const Mac& source, std::uint16_t type)
{
    ::ethhdr header{};
    std::ranges::copy(destination.bytes(), header.h_dest);
    std::ranges::copy(source.bytes(), header.h_source);
    header.h_proto = htons(type);
    append(bytes, header);
}

void append_ip(Bytes& bytes, const Address& source, const Address& destination, unsigned protocol, unsigned length,
               unsigned ttl)
{
    ::iphdr header{};
    header.version = 4;
    header.ihl = sizeof(header) / 4;
    header.ttl = static_cast<std::uint8_t>(ttl);
    header.protocol = static_cast<std::uint8_t>(protocol);
    header.tot_len = htons(static_cast<std::uint16_t>(length));
    header.frag_off = htons(IP_DF);
    header.saddr = htonl(source.v4_value());
    header.daddr = htonl(destination.v4_value());
    header.check = checksum(sum_of({reinterpret_cast<const std::uint8_t*>(&header), sizeof(header)}));
    append(bytes, header);
}

// Of TCP and UDP, with the pseudo header (RFC 9293, 3.1). A payload of zeroes adds nothing.
std::uint16_t transport_checksum(const TracedPacket& packet, std::span<const std::uint8_t> header)
{
    std::uint32_t sum = packet.protocol + packet.size - sizeof(::iphdr);
    for (const Address& address : {packet.source, packet.destination})
        sum += (address.v4_value() >> 16) + (address.v4_value() & 0xffff);
    return checksum(sum_of(header, sum));
}

template <typename Header>
std::span<const std::uint8_t> bytes_of(const Header& header)
{
    return {reinterpret_cast<const std::uint8_t*>(&header), sizeof(header)};
}

// Only a SYN has the option.
void append_tcp(Bytes& bytes, const TracedPacket& packet)
{
    const bool has_option = (packet.tcp_flags & TH_SYN) != 0;
    TcpSyn tcp{};
    tcp.header.source = htons(static_cast<std::uint16_t>(packet.source_port));
    tcp.header.dest = htons(static_cast<std::uint16_t>(packet.destination_port));
    tcp.header.doff = (has_option ? sizeof(tcp) : sizeof(tcp.header)) / 4;
    tcp.header.th_flags = static_cast<std::uint8_t>(packet.tcp_flags);
    tcp.header.window = htons(0xffff);
    if (has_option) {
        tcp.option[0] = TCPOPT_MAXSEG;
        tcp.option[1] = TCPOLEN_MAXSEG;
        tcp.option[2] = kMss >> 8;
        tcp.option[3] = kMss & 0xff;
    }
    tcp.header.check = transport_checksum(packet, bytes_of(tcp)); // four zeroes instead of an option add nothing
    if (has_option)
        append(bytes, tcp);
    else
        append(bytes, tcp.header);
}

void append_udp(Bytes& bytes, const TracedPacket& packet)
{
    ::udphdr header{};
    header.source = htons(static_cast<std::uint16_t>(packet.source_port));
    header.dest = htons(static_cast<std::uint16_t>(packet.destination_port));
    header.len = htons(static_cast<std::uint16_t>(packet.size - sizeof(::iphdr)));
    header.check = transport_checksum(packet, bytes_of(header));
    append(bytes, header);
}

// What an error is about: a UDP packet its receiver has sent (RFC 792).
Bytes quoted_packet(const TracedPacket& error)
{
    TracedPacket quoted{.protocol = IPPROTO_UDP,
                        .source = error.destination,
                        .destination = error.source,
                        .source_port = error.destination_port,
                        .destination_port = error.source_port,
                        .size = sizeof(::iphdr) + sizeof(::udphdr)};
    Bytes bytes;
    append_ip(bytes, quoted.source, quoted.destination, IPPROTO_UDP, quoted.size, 1);
    append_udp(bytes, quoted);
    return bytes;
}

// The identifier of a query is its flow's port.
void append_icmp(Bytes& bytes, const TracedPacket& packet)
{
    ::icmphdr header{};
    header.type = static_cast<std::uint8_t>(packet.icmp_type);
    header.code = static_cast<std::uint8_t>(packet.icmp_code);
    if (has_icmp_id(packet.icmp_type)) {
        header.un.echo.id = htons(static_cast<std::uint16_t>(packet.source_port));
        header.un.echo.sequence = htons(1);
    }
    const auto quoted = is_icmp_error(packet.icmp_type) ? quoted_packet(packet) : Bytes{};
    header.checksum = checksum(sum_of(quoted, sum_of(bytes_of(header))));
    append(bytes, header);
    bytes.insert(bytes.end(), quoted.begin(), quoted.end());
}

std::size_t header_bytes(const TracedPacket& packet)
{
    switch (packet.protocol) {
    case IPPROTO_TCP:
        return sizeof(::iphdr) + ((packet.tcp_flags & TH_SYN) != 0 ? sizeof(TcpSyn) : sizeof(::tcphdr));
    case IPPROTO_UDP:
        return sizeof(::iphdr) + sizeof(::udphdr);
    case IPPROTO_ICMP:
        return sizeof(::iphdr) + sizeof(::icmphdr) +
               (is_icmp_error(packet.icmp_type) ? sizeof(::iphdr) + sizeof(::udphdr) : 0);
    default:
        return sizeof(::iphdr);
    }
}

} // namespace

bool is_icmp_error(unsigned type)
{
    return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

unsigned least_size(const TracedPacket& packet)
{
    return static_cast<unsigned>(header_bytes(packet));
}

Bytes build_frame(const TracedPacket& packet)
{
    Bytes bytes;
    append_ethernet(bytes, packet.destination_mac, packet.source_mac, ETH_P_IP);
    append_ip(bytes, packet.source, packet.destination, packet.protocol, packet.size, packet.ttl);
    if (packet.protocol == IPPROTO_TCP)
        append_tcp(bytes, packet);
    else if (packet.protocol == IPPROTO_UDP)
        append_udp(bytes, packet);
    else if (packet.protocol == IPPROTO_ICMP)
        append_icmp(bytes, packet);
    bytes.resize(std::min<std::size_t>(sizeof(::ethhdr) + packet.size, kProbeBytes / 2));
    return bytes;
}

Bytes build_arp_request(const Mac& sender, const Address& sender_address, const Address& target)
{
    static constexpr Mac kEverybody{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    Arp arp{};
    arp.header = {.ar_hrd = htons(ARPHRD_ETHER),
                  .ar_pro = htons(ETH_P_IP),
                  .ar_hln = ETH_ALEN,
                  .ar_pln = 4,
                  .ar_op = htons(ARPOP_REQUEST)};
    std::ranges::copy(sender.bytes(), arp.sender_mac);
    std::ranges::copy(std::span{sender_address.bytes()}.last<4>(), arp.sender);
    std::ranges::copy(std::span{target.bytes()}.last<4>(), arp.target);

    Bytes bytes;
    append_ethernet(bytes, kEverybody, sender, ETH_P_ARP);
    append(bytes, arp);
    return bytes;
}

Bytes encapsulate(const Tunnel& tunnel, const Bytes& frame, unsigned size)
{
    const bool is_gre = tunnel.encapsulation == Encapsulation::Gre;
    const bool is_geneve = tunnel.encapsulation == Encapsulation::Geneve;
    const unsigned length = size + overhead(tunnel.encapsulation);
    Bytes bytes;
    append_ethernet(bytes, tunnel.destination_mac, Mac{}, ETH_P_IP);
    append_ip(bytes, tunnel.source, tunnel.destination, is_gre ? IPPROTO_GRE : IPPROTO_UDP, length, 64);
    if (is_gre) {
        append(bytes, GreTunnel{htons(kGreHasKey), htons(ETH_P_IP), htonl(tunnel.vni)});
    } else {
        ::udphdr udp{};
        udp.source = htons(kTunnelPort);
        udp.dest = htons(is_geneve ? VPCD_GENEVE_PORT : VPCD_VXLAN_PORT);
        udp.len = htons(static_cast<std::uint16_t>(length - sizeof(::iphdr)));
        append(bytes, udp);
        append(bytes, UdpTunnel{htonl(is_geneve ? ETH_P_TEB : kVxlanHasVni << 24), htonl(tunnel.vni << 8)});
    }
    bytes.insert(bytes.end(), frame.begin() + (is_gre ? sizeof(::ethhdr) : 0), frame.end());
    return bytes;
}

std::optional<OuterHeaders> read_outer(const Bytes& frame)
{
    const auto ethernet = header_at<::ethhdr>(frame, 0);
    const auto ip = header_at<::iphdr>(frame, sizeof(::ethhdr));
    std::size_t at = sizeof(::ethhdr) + sizeof(::iphdr);
    if (!ip || ethernet->h_proto != htons(ETH_P_IP))
        return std::nullopt;

    OuterHeaders outer;
    outer.source_mac = Mac{std::to_array(ethernet->h_source)};
    outer.destination_mac = Mac{std::to_array(ethernet->h_dest)};
    outer.source = Address::v4(ntohl(ip->saddr));
    outer.destination = Address::v4(ntohl(ip->daddr));
    outer.ttl = ip->ttl;
    outer.tos = ip->tos;
    outer.dont_fragment = (ntohs(ip->frag_off) & IP_DF) != 0;
    outer.length = ntohs(ip->tot_len);
    if (const auto gre = header_at<GreTunnel>(frame, at); gre && ip->protocol == IPPROTO_GRE) {
        outer.encapsulation = "gre";
        outer.vni = ntohl(gre->key);
        return outer;
    }
    const auto udp = header_at<::udphdr>(frame, at);
    const auto tunnel = header_at<UdpTunnel>(frame, at + sizeof(::udphdr));
    const auto inner = header_at<::ethhdr>(frame, at + sizeof(::udphdr) + sizeof(UdpTunnel));
    if (!inner || ip->protocol != IPPROTO_UDP)
        return std::nullopt;
    outer.encapsulation = ntohs(udp->dest) == VPCD_GENEVE_PORT ? "geneve" : "vxlan";
    outer.source_port = ntohs(udp->source);
    outer.destination_port = ntohs(udp->dest);
    outer.vni = ntohl(tunnel->vni) >> 8;
    outer.inner_source_mac = Mac{std::to_array(inner->h_source)};
    outer.inner_destination_mac = Mac{std::to_array(inner->h_dest)};
    return outer;
}

} // namespace vpcd
