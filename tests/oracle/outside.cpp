// Packets of the Internet for public addresses, and packets of other hosts' cards to the Internet.
#include "outside.h"

#include "tunnel.h"

namespace vpcd::oracle {
namespace {

bool is_error(View packet)
{
    const auto read = Walk::peek(packet, 0);
    return read && read->is_error();
}

} // namespace

bool may_be_told(const Packet& packet)
{
    const auto source = packet.ip.source;
    if (packet.ip.has_options() || packet.is_later_fragment() || source == 0 || source >= 0xe0000000 ||
        source >> 24 == 127)
        return false;
    return packet.ip.protocol != kIcmp || (packet.tuple && !packet.ip.is_fragment());
}

const Public* way_out(const World& world, const Card& sender, Ipv4 source)
{
    const auto* owner = world.owner(sender.vpc, source);
    const auto* bound = owner && owner->host == sender.host ? world.public_of(sender.vpc, source) : nullptr;
    return bound && !bound->host.empty() ? bound : nullptr;
}

void publish(Bytes& frame, const Public& bound)
{
    write_address(frame, End::Source, bound.address);
    if (is_error(View{frame}.subspan(kEthernetHeader)))
        write_quoted_address(frame, End::Destination, bound.private_address, bound.address);
}

void unpublish(Bytes& frame, const Public& bound)
{
    write_address(frame, End::Destination, bound.private_address);
    if (is_error(View{frame}.subspan(kEthernetHeader)))
        write_quoted_address(frame, End::Source, bound.address, bound.private_address);
}

namespace {

class Entry {
public:
    Entry(Oracle& oracle, const Public& bound, const Bytes& frame, const Packet& packet)
        : oracle_(oracle),
          bound_(bound),
          frame_(frame),
          packet_(packet),
          cloud_(oracle.world.clouds.at(bound.cloud)),
          card_(oracle.world.cards.at(bound.card)),
          walk_(oracle, cloud_, place(), false)
    {
    }

    Answer answer()
    {
        const auto host = oracle_.world.hosts.find(card_.host);
        const bool is_placed = host != oracle_.world.hosts.end();
        if (packet_.ip.ttl <= 1)
            told(DROP_TTL_EXCEEDED, icmp::kExceeded, 0, 0);
        else if (!is_placed)
            find_nobody();
        else if (host->first != oracle_.host)
            pass_on(host->second);
        else
            deliver();
        return answer_;
    }

private:
    // GRE names no receiver, so fragments that come by it are not those that come from outside.
    std::string place() const
    {
        const bool is_gre = oracle_.world.hosts.at(oracle_.host).encapsulation == Encapsulation::Gre;
        return is_gre ? card_.name + " from " + kInternet : card_.name;
    }

    void drop(drop_reason reason, const std::string& about)
    {
        answer_.objections.push_back({reason, cloud_.vni, about, frame_.size()});
    }

    void told(drop_reason reason, std::uint8_t type, std::uint8_t code, unsigned mtu)
    {
        drop(reason, "");
        if (!may_be_told(packet_))
            return;
        answer_.kind = Answer::Kind::Out;
        answer_.frame = icmp_error(frame_, kRouter, bound_.address, type, code, static_cast<std::uint16_t>(mtu));
    }

    // Whatever else is wrong may be found first.
    void find_nobody()
    {
        drop(DROP_NOT_LOCAL, "");
        if (packet_.is_later_fragment())
            drop(DROP_FRAGMENT_EARLY, "");
        if (packet_.contradicts())
            drop(DROP_TCP_FLAGS, "");
    }

    Bytes translated() const
    {
        Bytes frame = frame_;
        age(frame);
        unpublish(frame, bound_);
        write_macs(frame, card_.mac, kRouter);
        return frame;
    }

    // The card's host asks the rules.
    void pass_on(const Station& host)
    {
        constexpr std::uint8_t kTooBig = 4;
        const bool is_gre = host.encapsulation == Encapsulation::Gre;
        const unsigned room = kPathMtu - (is_gre ? VPCD_GRE_OVERHEAD : VPCD_VXLAN_OVERHEAD);
        if (frame_.size() - kEthernetHeader > room)
            return told(DROP_TOO_BIG, icmp::kUnreachable, kTooBig, room);
        answer_.kind = Answer::Kind::Sent;
        answer_.to = host.name;
        answer_.frame = translated();
        if (packet_.is_tcp() && packet_.transport.tcp_flags & tcp::kSyn)
            clamp_segment_size(answer_.frame, room - 40);
        if (is_gre)
            write_macs(answer_.frame, {}, {});
        answer_.outer =
            Outer{host.encapsulation, cloud_.vni, oracle_.world.hosts.at(oracle_.host).address, host.address};
    }

    void deliver()
    {
        const auto frame = translated();
        if (walk_.read(View{frame}.subspan(kEthernetHeader)) && walk_.packet.contradicts())
            walk_.object(DROP_TCP_FLAGS);
        if (object(""))
            return;
        walk_.judge(nullptr, &card_, kInternet, card_.name);
        answer_.hits = walk_.hits;
        if (object(card_.name))
            return;
        walk_.remember();
        if (walk_.may_be_unrelated)
            answer_.may_be_dropped = Drop{DROP_ICMP_UNRELATED, cloud_.vni, card_.name, frame_.size()};
        answer_.kind = Answer::Kind::Delivered;
        answer_.to = card_.name;
        answer_.frame = frame;
        answer_.traffic.push_back({card_.name, false, frame.size()});
    }

    bool object(const std::string& about)
    {
        for (const auto reason : std::exchange(walk_.objections, {}))
            drop(reason, about);
        return !answer_.objections.empty();
    }

    Oracle& oracle_;
    const Public& bound_;
    const Bytes& frame_;
    const Packet& packet_;
    const Cloud& cloud_;
    const Card& card_;
    Walk walk_;
    Answer answer_;
};

} // namespace

Answer Oracle::enters(const Bytes& frame)
{
    Answer answer;
    const View bytes = View{frame}.subspan(kEthernetHeader);
    const auto ip = read_ip(bytes);
    const auto* bound = ip ? world.served(ip->destination, host) : nullptr;
    if (!bound) {
        answer.kind = Answer::Kind::NotOurs;
        return answer;
    }
    if (const auto packet = Walk::peek(bytes, 0))
        return Entry{*this, *bound, frame, *packet}.answer();
    answer.objections.push_back({DROP_MALFORMED, world.clouds.at(bound->cloud).vni, "", frame.size()});
    return answer;
}

Answer Oracle::relays(const Tunnel& tunnel, std::size_t bytes)
{
    Answer answer;
    const auto* cloud = world.by_vni(tunnel.outer.vni & VPCD_MAX_VNI);
    const auto* peer = world.by_address(tunnel.outer.source);
    const bool is_here = cloud && world.is_present(cloud->name, host);
    const auto packet = Walk::peek(tunnel.packet, 0);
    const auto drop = [&](drop_reason reason, std::size_t length) {
        answer.objections.push_back({reason, is_here ? cloud->vni : 0, "", length});
    };
    if (!peer || peer->name == host)
        drop(DROP_UNKNOWN_VTEP, bytes);
    if (!packet)
        drop(DROP_MALFORMED, bytes);
    const bool is_marked = (tunnel.tos & 3) == 3 && packet && (packet->ip.tos & 3) != 3;
    if (is_marked && (packet->ip.tos & 3) == 0)
        drop(DROP_CONGESTION, bytes);
    if (!answer.objections.empty())
        return answer;

    const std::size_t bare = kEthernetHeader + tunnel.packet.size();
    const auto* bound = cloud ? world.public_of(cloud->name, packet->ip.source) : nullptr;
    if (tunnel.packet.size() > kPathMtu)
        drop(DROP_TOO_BIG, bare);
    if (!bound || bound->host != host)
        drop(packet->is_later_fragment() ? DROP_FRAGMENT_EARLY
             : packet->is_error()        ? DROP_NO_TRANSLATION
                                         : DROP_NO_PUBLIC,
             bare);
    if (!answer.objections.empty())
        return answer;
    answer.kind = Answer::Kind::Out;
    answer.frame = Bytes(kEthernetHeader);
    answer.frame.insert(answer.frame.end(), tunnel.packet.begin(), tunnel.packet.end());
    if (is_marked)
        mark_congestion(answer.frame);
    publish(answer.frame, *bound);
    return answer;
}

} // namespace vpcd::oracle
