#include "support/packet_view.h"

#include <algorithm>

namespace vpcd::test {
namespace {

using Span = std::span<const std::uint8_t>;

// Reads beyond the end give 0: a test sees a wrong value, never a crash.
std::uint8_t get8(Span at, std::size_t offset)
{
    return offset < at.size() ? at[offset] : 0;
}

std::uint16_t get16(Span at, std::size_t offset)
{
    return static_cast<std::uint16_t>(get8(at, offset) << 8 | get8(at, offset + 1));
}

std::uint32_t get32(Span at, std::size_t offset)
{
    return static_cast<std::uint32_t>(get16(at, offset)) << 16 | get16(at, offset + 2);
}

Span from(Span at, std::size_t offset)
{
    return at.subspan(std::min(offset, at.size()));
}

std::uint16_t find_mss(Span tcp)
{
    const std::size_t end = (get8(tcp, 12) >> 4) * 4u;
    for (std::size_t at = 20; at < end && get8(tcp, at);) {
        if (get8(tcp, at) == 2)
            return get16(tcp, at + 2);
        at += get8(tcp, at) == 1 ? 1 : std::max<std::size_t>(get8(tcp, at + 1), 1);
    }
    return 0;
}

void read_ip(View& out, Span ip);

std::shared_ptr<View> inner_ip(Span ip)
{
    auto out = std::make_shared<View>();
    out->ether_type = 0x0800;
    read_ip(*out, ip);
    return out;
}

void read_tunnel(View& out, Span layer4)
{
    if (out.protocol == 47) {
        out.tunnel = View::Tunnel::kGre;
        out.vni = get32(layer4, 4);
        out.inner = inner_ip(from(layer4, 8));
    } else if (out.protocol == 17 && (out.to_port == 4789 || out.to_port == 6081)) {
        const bool geneve = out.to_port == 6081;
        out.tunnel = geneve ? View::Tunnel::kGeneve : View::Tunnel::kVxlan;
        out.vni = get32(layer4, 12) >> 8;
        out.inner = std::make_shared<View>(view(from(layer4, 16 + (geneve ? (get8(layer4, 8) & 0x3f) * 4u : 0u))));
    }
}

bool layer4_checksum_right(const View& out, Span layer4)
{
    if (out.is_fragment)
        return true;
    if (out.protocol == 1)
        return internet_checksum(layer4) == 0;
    if (out.protocol == 6 || (out.protocol == 17 && get16(layer4, 6)))
        return internet_checksum(layer4, pseudo_header(out.from, out.to, out.protocol, layer4.size())) == 0;
    return true;
}

void read_ip(View& out, Span ip)
{
    const std::size_t header = (get8(ip, 0) & 15) * 4u;
    out.total_length = get16(ip, 2);
    out.is_ip = ip.size() >= 20 && get8(ip, 0) >> 4 == 4 && header >= 20 && out.total_length <= ip.size();
    if (!out.is_ip)
        return;
    out.tos = get8(ip, 1);
    out.df = get16(ip, 6) & 0x4000;
    out.is_fragment = get16(ip, 6) & 0x3fff;
    out.ttl = get8(ip, 8);
    out.protocol = get8(ip, 9);
    out.from = get32(ip, 12);
    out.to = get32(ip, 16);
    const auto layer4 = from(ip.first(out.total_length), header);
    if (out.protocol == 6 || out.protocol == 17) {
        out.from_port = get16(layer4, 0);
        out.to_port = get16(layer4, 2);
    }
    if (out.protocol == 6) {
        out.tcp_flags = get8(layer4, 13);
        out.mss = find_mss(layer4);
    }
    if (out.protocol == 1) {
        out.icmp_type = get8(layer4, 0);
        out.icmp_code = get8(layer4, 1);
        out.icmp_mtu = get16(layer4, 6);
    }
    out.checksums_right =
        internet_checksum(ip.first(std::min(header, ip.size()))) == 0 && layer4_checksum_right(out, layer4);
    read_tunnel(out, layer4);
}

} // namespace

View view(Span frame)
{
    View out;
    std::copy_n(frame.begin(), std::min<std::size_t>(6, frame.size()), out.to_mac.begin());
    if (frame.size() >= 12)
        std::copy_n(frame.begin() + 6, 6, out.from_mac.begin());
    out.ether_type = get16(frame, 12);
    if (out.ether_type == 0x0800)
        read_ip(out, from(frame, 14));
    return out;
}

} // namespace vpcd::test
