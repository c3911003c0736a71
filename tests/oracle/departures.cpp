// Packets that leave a card: the route, the rules, and what becomes of the frame.
#include "outside.h"
#include "tunnel.h"
#include "walk.h"

namespace vpcd::oracle {
namespace {

namespace code {
constexpr std::uint8_t kNet = 0, kHost = 1, kPort = 3, kTooBig = 4;
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
                                           : to_host(host->second, receiver.mac, is_routed, reason);
    }

    // Out of the VPC, by the host that serves the sender's public address.
    Answer outside(const Public& bound, drop_reason& reason) const
    {
        if (packet_.ip.ttl <= 1) {
            reason = DROP_TTL_EXCEEDED;
            return told(icmp::kExceeded, 0);
        }
        if (bound.host != oracle_.host)
            return to_host(oracle_.world.hosts.at(bound.host), kGateway, true, reason);
        if (frame_.size() - kEthernetHeader > kPathMtu) {
            reason = DROP_TOO_BIG;
            return told(icmp::kUnreachable, code::kTooBig, kPathMtu);
        }
        Answer answer;
        answer.kind = Answer::Kind::Out;
        answer.frame = frame_;
        age(answer.frame);
        publish(answer.frame, bound);
        return answer;
    }

private:
    Bytes dressed(const MacBytes& receiver, bool is_routed) const
    {
        Bytes frame = frame_;
        if (is_routed)
            age(frame);
        write_macs(frame, receiver, is_routed ? kRouter : read_ethernet(frame)->from);
        return frame;
    }

    Answer to_card(const Card& receiver, bool is_routed) const
    {
        Answer answer;
        answer.kind = Answer::Kind::Delivered;
        answer.to = receiver.name;
        answer.frame = dressed(receiver.mac, is_routed);
        answer.traffic.push_back({receiver.name, false, frame_.size()});
        return answer;
    }

    Answer to_host(const Station& host, const MacBytes& receiver, bool is_routed, drop_reason& reason) const
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
        const auto mark = is_gre && receiver == kGateway ? kGreOutside : 0;
        answer.outer = Outer{host.encapsulation, oracle_.world.clouds.at(sender_.vpc).vni | mark,
                             oracle_.world.hosts.at(oracle_.host).address, host.address};
        return answer;
    }

    const Oracle& oracle_;
    const Card& sender_;
    const Bytes& frame_;
    const Packet& packet_;
};

// What the router says to a packet for itself. It answers ping, if that comes in one piece.
Answer at_router(const Departure& departure, const Packet& packet, drop_reason& reason)
{
    if (packet.ip.protocol == kIcmp && packet.transport.icmp_type == icmp::kEcho && !packet.ip.has_options() &&
        !packet.ip.is_fragment())
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
    if (card.is_checked && !card.has(packet.ip.source))
        walk.object(DROP_SOURCE_ADDRESS);
    if (packet.contradicts())
        walk.object(DROP_TCP_FLAGS);
    if (!walk.objections.empty())
        return finish();

    // The route comes before the rules: what the virtual router says itself is not asked about.
    const auto way = route(world, card, packet.ip.destination);
    const Departure departure{*this, card, frame, packet};
    const auto* bound = way.kind == Way::Kind::NoRoute ? way_out(world, card, packet.ip.source) : nullptr;
    drop_reason reason = DROP_NONE;
    if (bound) {
        walk.judge(&card, nullptr, name, "out by " + bound->host);
        if (!walk.objections.empty())
            return finish();
        walk.remember();
        answer = departure.outside(*bound, reason);
        if (walk.may_be_unrelated)
            answer.may_be_dropped = Drop{DROP_ICMP_UNRELATED, cloud.vni, name, frame.size()};
    } else if (way.kind == Way::Kind::Router) {
        answer = at_router(departure, packet, reason);
    } else if (way.kind != Way::Kind::Card) {
        answer = nowhere(departure, way.kind, reason);
    } else {
        const bool is_here = way.card->host == host;
        walk.judge(&card, is_here ? way.card : nullptr, name, is_here ? way.card->name : way.card->host);
        if (!walk.objections.empty())
            return finish();
        walk.remember();
        answer = departure.to(*way.card, way.is_routed, reason);
        if (walk.may_be_unrelated)
            answer.may_be_dropped = Drop{DROP_ICMP_UNRELATED, cloud.vni, name, frame.size()};
    }
    if (reason != DROP_NONE)
        walk.object(reason);
    return finish();
}

} // namespace vpcd::oracle
