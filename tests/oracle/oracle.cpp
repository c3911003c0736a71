#include "oracle.h"

#include <algorithm>

#include <fmt/format.h>

#include "frame.h"
#include "walk.h"

namespace vpcd::oracle {
namespace {

constexpr MacBytes kRouter{0x02, 0x76, 0x70, 0x63, 0x64, 0xfe};
constexpr unsigned kPathMtu = 1500; // of every path on the underlay
constexpr std::uint16_t kVxlanPort = 4789, kGenevePort = 6081;

namespace code {
constexpr std::uint8_t kNet = 0, kHost = 1, kPort = 3, kTooBig = 4;
}

// A tunnel packet taken apart.
struct Tunnel {
    Outer outer;
    std::uint8_t tos = 0;
    std::optional<Ethernet> ethernet; // GRE has none
    Bytes packet;                     // the inner one, from its IP header on
};

std::optional<Tunnel> read_tunnel(const Bytes& frame)
{
    const auto ethernet = read_ethernet(frame);
    if (!ethernet || ethernet->type != 0x0800)
        return std::nullopt;
    const View bytes = View{frame}.subspan(kEthernetHeader);
    const auto ip = read_ip(bytes);
    if (!ip || ip->has_options() || ip->is_fragment())
        return std::nullopt;
    Tunnel tunnel{{.source = ip->source, .destination = ip->destination}, ip->tos, {}, {}};
    View inside = bytes.subspan(ip->header);
    if (ip->protocol == kGre) {
        tunnel.outer.encapsulation = Encapsulation::Gre;
        tunnel.outer.vni = read32(inside, 4);
        inside = inside.subspan(8);
    } else if (ip->protocol == kUdp) {
        const auto port = read16(inside, 2);
        if (port != kVxlanPort && port != kGenevePort)
            return std::nullopt;
        tunnel.outer.encapsulation = port == kVxlanPort ? Encapsulation::Vxlan : Encapsulation::Geneve;
        const std::size_t options = port == kVxlanPort ? 0 : static_cast<std::size_t>(inside[8] & 0x3f) * 4;
        tunnel.outer.vni = read32(inside, 12) >> 8;
        inside = inside.subspan(16 + options);
        tunnel.ethernet = read_ethernet(inside);
        inside = inside.subspan(kEthernetHeader);
    } else {
        return std::nullopt;
    }
    tunnel.packet.assign(inside.begin(), inside.end());
    return tunnel;
}

// May the virtual router tell the sender of this packet what became of it (RFC 1122, 3.2.2; RFC 1812, 4.3.2.7)?
bool may_be_told(const Packet& packet)
{
    const auto source = packet.ip.source;
    if (packet.ip.has_options() || packet.is_later_fragment() || source == 0 || source >= 0xe0000000 ||
        source >> 24 == 127)
        return false;
    return packet.ip.protocol != kIcmp || (packet.tuple && !packet.ip.is_fragment());
}

// What goes out of a card, once its way is known and nobody objects.
class Departure {
public:
    Departure(const Oracle& oracle, const Card& sender, const Bytes& frame, const Packet& packet)
        : oracle_(oracle), sender_(sender), frame_(frame), packet_(packet)
    {
    }

    Answer told(std::uint8_t type, std::uint8_t error_code, unsigned mtu = 0) const
    {
        Answer answer;
        if (!may_be_told(packet_))
            return answer;
        answer.kind = Answer::Kind::Told;
        answer.frame = icmp_error(frame_, kRouter, oracle_.world.subnet_of(sender_).gateway, type, error_code,
                                  static_cast<std::uint16_t>(mtu));
        return answer;
    }

    Answer pong() const
    {
        Answer answer;
        answer.kind = Answer::Kind::Told;
        answer.frame = echo_reply(frame_, kRouter);
        return answer;
    }

    Answer to(const Card& receiver, bool is_routed, drop_reason& reason) const
    {
        if (is_routed && packet_.ip.ttl <= 1) {
            reason = DROP_TTL_EXCEEDED;
            return told(icmp::kExceeded, 0);
        }
        const auto host = oracle_.world.hosts.find(receiver.host);
        if (host == oracle_.world.hosts.end()) {
            reason = DROP_NOT_PLACED;
            return {};
        }
        return host->first == oracle_.host ? to_card(receiver, is_routed)
                                           : to_host(host->second, receiver, is_routed, reason);
    }

private:
    Bytes dressed(const Card& receiver, bool is_routed) const
    {
        Bytes frame = frame_;
        if (is_routed)
            age(frame);
        write_macs(frame, receiver.mac, is_routed ? kRouter : read_ethernet(frame)->from);
        return frame;
    }

    Answer to_card(const Card& receiver, bool is_routed) const
    {
        Answer answer;
        answer.kind = Answer::Kind::Delivered;
        answer.to = receiver.name;
        answer.frame = dressed(receiver, is_routed);
        answer.traffic.push_back({receiver.name, false, frame_.size()});
        return answer;
    }

    Answer to_host(const Station& host, const Card& receiver, bool is_routed, drop_reason& reason) const
    {
        const bool is_gre = host.encapsulation == Encapsulation::Gre;
        const std::size_t room = kPathMtu - (is_gre ? VPCD_GRE_OVERHEAD : VPCD_VXLAN_OVERHEAD);
        if (frame_.size() - kEthernetHeader > room) {
            reason = DROP_TOO_BIG;
            return told(icmp::kUnreachable, code::kTooBig, static_cast<unsigned>(room));
        }
        Answer answer;
        answer.kind = Answer::Kind::Sent;
        answer.to = host.name;
        answer.frame = dressed(receiver, is_routed);
        if (packet_.is_tcp() && packet_.transport.tcp_flags & tcp::kSyn)
            clamp_segment_size(answer.frame, static_cast<unsigned>(room) - 40);
        if (is_gre)
            write_macs(answer.frame, {}, {});
        answer.outer = Outer{host.encapsulation, oracle_.world.clouds.at(receiver.vpc).vni,
                             oracle_.world.hosts.at(oracle_.host).address, host.address};
        return answer;
    }

    const Oracle& oracle_;
    const Card& sender_;
    const Bytes& frame_;
    const Packet& packet_;
};

// What the router says to a packet for itself.
Answer at_router(const Departure& departure, const Packet& packet, drop_reason& reason)
{
    if (packet.ip.protocol == kIcmp && packet.transport.icmp_type == icmp::kEcho && !packet.ip.has_options())
        return departure.pong();
    reason = DROP_TO_ROUTER;
    return departure.told(icmp::kUnreachable, code::kPort);
}

Answer nowhere(const Departure& departure, Way::Kind kind, drop_reason& reason)
{
    switch (kind) {
    case Way::Kind::NoRoute:
        reason = DROP_NO_ROUTE;
        return departure.told(icmp::kUnreachable, code::kNet);
    case Way::Kind::NoEndpoint:
        reason = DROP_NO_ENDPOINT;
        return departure.told(icmp::kUnreachable, code::kHost);
    case Way::Kind::NoService:
        reason = DROP_NO_SERVICE;
        return departure.told(icmp::kUnreachable, code::kNet);
    default:
        reason = DROP_BLACKHOLE;
        return {};
    }
}

} // namespace

void Oracle::declare(World declared)
{
    for (const auto& [name, card] : declared.cards) {
        const auto before = world.cards.find(name);
        if (before != world.cards.end() && card.host == host && !before->second.host.empty() &&
            before->second.host != host)
            windows.insert(name);
        else if (card.host != host)
            windows.erase(name);
    }
    world = std::move(declared);
    documents++;
}

Answer Oracle::leaves(const std::string& name, const Bytes& frame)
{
    const auto& card = world.cards.at(name);
    const auto& cloud = world.clouds.at(card.vpc);
    Walk walk{*this, cloud, name, true};
    Answer answer;
    const auto finish = [&] {
        for (const auto reason : walk.objections)
            answer.objections.push_back({reason, cloud.vni, name, frame.size()});
        answer.hits = walk.hits;
        answer.traffic.insert(answer.traffic.begin(), {name, true, frame.size()});
        return answer;
    };

    const auto ethernet = read_ethernet(frame);
    if (card.is_checked && ethernet->from != card.mac)
        walk.object(DROP_SOURCE_MAC);
    else if (ethernet->type != 0x0800)
        walk.object(ethernet->type == 0x86dd ? DROP_IPV6 : DROP_NOT_IP);
    if (!walk.objections.empty() || !walk.read(View{frame}.subspan(kEthernetHeader)))
        return finish();

    const auto& packet = walk.packet;
    const auto way = route(world, card, packet.ip.destination);
    const bool is_here = way.card && way.card->host == host;
    if (card.is_checked && !card.has(packet.ip.source))
        walk.object(DROP_SOURCE_ADDRESS);
    walk.judge(&card, is_here ? way.card : nullptr);
    if (!walk.objections.empty())
        return finish();

    const Departure departure{*this, card, frame, packet};
    drop_reason reason = DROP_NONE;
    if (way.kind == Way::Kind::Card) {
        walk.remember();
        answer = departure.to(*way.card, way.is_routed, reason);
    } else if (way.kind == Way::Kind::Router) {
        answer = at_router(departure, packet, reason);
    } else {
        answer = nowhere(departure, way.kind, reason);
    }
    if (reason != DROP_NONE)
        walk.object(reason);
    return finish();
}

Answer Oracle::arrives(const Bytes& frame)
{
    Answer answer;
    const auto tunnel = read_tunnel(frame);
    const auto& self = world.hosts.at(host);
    const auto* peer = tunnel ? world.by_address(tunnel->outer.source) : nullptr;
    if (!tunnel || tunnel->outer.destination != self.address ||
        (!peer && tunnel->outer.encapsulation != self.encapsulation)) {
        answer.kind = Answer::Kind::NotOurs;
        return answer;
    }
    const auto* cloud = world.by_vni(tunnel->outer.vni);
    if (cloud && !world.is_present(cloud->name, host))
        cloud = nullptr;
    const auto drop = [&](drop_reason reason, const Card* about) {
        answer.objections.push_back({reason, cloud ? cloud->vni : 0, about ? about->name : "", frame.size()});
    };
    if (!peer || peer->name == host)
        drop(DROP_UNKNOWN_VTEP, nullptr);
    if (!cloud)
        drop(DROP_UNKNOWN_VNI, nullptr);
    if (!answer.objections.empty())
        return answer;

    const auto ip = read_ip(tunnel->packet);
    const Card* receiver = nullptr;
    if (tunnel->ethernet)
        receiver = world.by_mac(cloud->name, tunnel->ethernet->to);
    else if (ip)
        receiver = receiver_by_address(world, *cloud, host, ip->source, ip->destination);
    if (receiver && receiver->host != host)
        receiver = nullptr;
    Walk walk{*this, *cloud, receiver ? receiver->name : "", false};
    const bool is_ip = !tunnel->ethernet || tunnel->ethernet->type == 0x0800;
    if (!is_ip)
        walk.object(tunnel->ethernet->type == 0x86dd ? DROP_IPV6 : DROP_NOT_IP);
    else if (walk.read(tunnel->packet) && receiver)
        walk.judge(nullptr, receiver);
    if (!receiver)
        drop(DROP_NOT_LOCAL, nullptr);
    answer.hits = walk.hits;
    const bool is_read = is_ip && walk.packet.ip.header != 0;
    for (const auto reason : walk.objections) {
        const bool is_early = reason == DROP_MALFORMED || reason == DROP_MULTICAST || reason == DROP_NOT_IP ||
                              reason == DROP_IPV6 || reason == DROP_FRAGMENT_EARLY || reason == DROP_TCP_FLAGS;
        drop(reason, is_early || !is_read ? nullptr : receiver);
    }
    if (!answer.objections.empty())
        return answer;

    walk.remember();
    const bool is_marked = (tunnel->tos & 3) == 3 && (walk.packet.ip.tos & 3) != 3;
    if (is_marked && (walk.packet.ip.tos & 3) == 0) {
        drop(DROP_CONGESTION, receiver);
        return answer;
    }
    answer.kind = Answer::Kind::Delivered;
    answer.to = receiver->name;
    answer.frame.resize(kEthernetHeader);
    answer.frame[12] = 0x08;
    answer.frame.insert(answer.frame.end(), tunnel->packet.begin(), tunnel->packet.end());
    write_macs(answer.frame, receiver->mac, tunnel->ethernet ? tunnel->ethernet->from : kRouter);
    if (is_marked)
        mark_congestion(answer.frame);
    answer.traffic.push_back({receiver->name, false, answer.frame.size()});
    return answer;
}

std::string in_words(const Answer& answer)
{
    static constexpr const char* kKinds[] = {"dropped", "delivered to ", "sent to host ", "the router answers",
                                             "not ours"};
    std::string text = kKinds[static_cast<int>(answer.kind)] + answer.to;
    for (const auto& [reason, vni, card, bytes] : answer.objections)
        text += fmt::format("; {} (VNI {}, interface {}, {} bytes)", static_cast<int>(reason), vni,
                            card.empty() ? "none" : card, bytes);
    if (answer.outer)
        text += fmt::format("; encapsulation {}, VNI {}, {} -> {}", static_cast<int>(answer.outer->encapsulation),
                            answer.outer->vni, dotted(answer.outer->source), dotted(answer.outer->destination));
    for (const auto& [rule, vni, is_certain] : answer.hits)
        text += fmt::format("\n      {} by {} in VNI {}", is_certain ? "decided" : "perhaps asked", rule, vni);
    for (const auto& [card, is_sent, bytes] : answer.traffic)
        text += fmt::format("\n      {} {} {} bytes", card, is_sent ? "sends" : "receives", bytes);
    return text;
}

} // namespace vpcd::oracle
