#include "walk.h"

#include <algorithm>

namespace vpcd::oracle {
namespace {

bool is_multicast(Ipv4 address)
{
    return address >> 28 == 0xe || address == 0xffffffff;
}

// Would overwrite the flags of a TCP header (RFC 3128).
bool is_tiny_fragment(const Ip& ip)
{
    return ip.protocol == kTcp && ip.offset == 8;
}

Direction direction_of(const Side& side)
{
    return (side.role == Role::Opens) == side.is_sender ? Direction::Egress : Direction::Ingress;
}

// About the packet that opened the connection.
Question opening_question(const Packet& packet, const Side& side)
{
    const auto& [ip, transport, tuple, quote] = packet;
    Question question;
    question.peer = side.is_sender ? ip.destination : ip.source;
    question.protocol = ip.protocol;
    if (side.role == Role::Opens) {
        question.port = transport.destination_port;
        question.icmp_type = transport.icmp_type;
        question.icmp_code = transport.icmp_code;
    } else {
        question.port = transport.source_port;
        question.icmp_type = static_cast<std::uint8_t>(tuple->source_port);
    }
    return question;
}

} // namespace

std::optional<std::uint8_t> Packet::tcp_flags() const
{
    if (ip.protocol != kTcp)
        return std::nullopt;
    return is_later_fragment() ? tcp::kAck : transport.tcp_flags;
}

FragmentKey Walk::fragment_key() const
{
    const auto& ip = packet.ip;
    return {cloud_.vni, place_, is_sent_, ip.source, ip.destination, ip.protocol, ip.id};
}

std::optional<Packet> Walk::peek(View bytes, std::uint32_t vni)
{
    Packet packet;
    const auto ip = read_ip(bytes);
    if (!ip || is_tiny_fragment(*ip))
        return std::nullopt;
    packet.ip = *ip;
    if (packet.is_later_fragment())
        return packet;
    const auto transport = read_transport(*ip, bytes);
    if (!transport)
        return std::nullopt;
    packet.transport = *transport;
    packet.tuple = tuple_of(vni, *ip, packet.transport);
    return packet;
}

bool Walk::read(View bytes)
{
    const auto ip = read_ip(bytes);
    if (!ip || is_tiny_fragment(*ip)) {
        object(DROP_MALFORMED);
        return false;
    }
    packet.ip = *ip;
    if (packet.is_later_fragment()) {
        const auto first = oracle_.fragments.find(fragment_key());
        if (first == oracle_.fragments.end())
            object(is_multicast(ip->destination) ? DROP_MULTICAST : DROP_FRAGMENT_EARLY);
        else
            packet.transport = first->second;
    } else if (const auto transport = read_transport(*ip, bytes)) {
        packet.transport = *transport;
    } else {
        object(DROP_MALFORMED);
    }
    packet.tuple = tuple_of(cloud_.vni, *ip, packet.transport);
    if (packet.is_error())
        packet.quote = read_quote(*ip, bytes);
    if (objections.empty() && is_multicast(ip->destination))
        object(DROP_MULTICAST);
    return objections.empty();
}

// A side that knows nothing of the connection believes the other; where both are here, one may know more.
void Walk::recall()
{
    for (auto& side : sides_) {
        side.leg = oracle_.legs.find(side.card->name, side.is_sender ? *packet.tuple : packet.tuple->reversed());
        if (side.leg)
            side.role = side.leg->opened_by_card == side.is_sender ? Role::Opens : Role::Answers;
    }
    // Not the other way round: who has opened nothing is not answered because somebody else has opened it.
    if (sides_.size() == 2 && !sides_[0].leg && sides_[1].leg)
        sides_[0].role = sides_[1].role;
}

bool Walk::is_new() const
{
    return std::ranges::none_of(sides_, [](const Side& side) { return side.leg != nullptr; });
}

// The documents of now were asked already, and about a packet that came the same way.
bool Walk::is_settled(const Side& side) const
{
    auto* leg = side.leg;
    return leg && leg->asked(side.is_sender).groups == oracle_.documents &&
           (side.is_sender ? leg->leads_to == to_ : leg->heard_from == from_);
}

// Both sides have been heard. Not if it came out of a GRE tunnel, which does not name its receiver: what it is part
// of may be somebody else's too.
bool Walk::needs_no_asking() const
{
    const bool is_from_gre =
        !is_sent_ && from_ != kInternet && oracle_.world.hosts.at(oracle_.host).encapsulation == Encapsulation::Gre;
    return !is_from_gre && std::ranges::all_of(sides_, [this](const Side& side) { return is_settled(side); });
}

void Walk::judge(const Card* sender, const Card* receiver, const std::string& from, const std::string& to)
{
    from_ = from;
    to_ = to;
    if (sender)
        sides_.push_back({.card = sender, .is_sender = true});
    if (receiver)
        sides_.push_back({.card = receiver, .is_sender = false});
    if (packet.tuple && !packet.opens_tcp())
        recall();

    const bool is_unknown = is_new();
    if (packet.is_error())
        judge_error();
    else if (packet.tuple && packet.tuple->is_answer && is_unknown)
        object(DROP_ICMP_UNASKED);
    else if (packet.ip.protocol == kTcp && is_unknown && !packet.opens_tcp() && !judge_midstream())
        object(DROP_TCP_UNKNOWN);
    else
        ask_sides();
    for (const auto& side : sides_)
        ask_acl_of(side);
    if (objections.empty())
        return;
    if (may_be_unrelated)
        object(DROP_ICMP_UNRELATED);
    for (auto& each : hits)
        each.is_certain = false;
}

bool Walk::judge_midstream()
{
    if (packet.transport.tcp_flags & tcp::kRst || cloud_.midstream == Midstream::Drop)
        return false;
    const auto& concerned = sides_.front();
    return is_midstream_ = cloud_.midstream == Midstream::Accept || oracle_.windows.contains(concerned.card->name);
}

// Do the rules of now let the connection pass that this card knows of?
bool Walk::is_approved(const Leg& leg, const Card& card) const
{
    const auto opening = leg.opening();
    Question question{leg.tuple.destination, opening.protocol, opening.destination_port};
    question.icmp_type = static_cast<std::uint8_t>(opening.destination_port);
    const auto direction = leg.opened_by_card ? Direction::Egress : Direction::Ingress;
    return ask_groups(oracle_.world, card, direction, question).allows;
}

// The error must be about a packet that this side has sent, if it gets the error, or has received, if it sends it.
void Walk::judge_error()
{
    const auto& quote = packet.quote;
    const auto quoted = quote ? tuple_of(cloud_.vni, quote->ip, quote->transport) : std::nullopt;
    for (const auto& side : sides_) {
        const Leg* leg =
            quoted ? oracle_.legs.find(side.card->name, side.is_sender ? quoted->reversed() : *quoted) : nullptr;
        if (!leg || !is_approved(*leg, *side.card))
            object(DROP_ICMP_UNRELATED);
        else if (leg->sending.groups != oracle_.documents)
            may_be_unrelated = true;
    }
}

void Walk::ask(const Decision& decision, drop_reason otherwise, bool is_certain)
{
    hits.push_back({decision.rule, cloud_.vni, is_certain, decision.allows ? DROP_NONE : otherwise});
    if (!decision.allows)
        object(otherwise);
}

void Walk::ask_side(const Side& side, bool is_certain)
{
    const auto direction = direction_of(side);
    const auto decision = ask_groups(oracle_.world, *side.card, direction, opening_question(packet, side));
    ask(decision, direction == Direction::Egress ? DROP_GROUP_OUT : DROP_GROUP_IN, is_certain);
}

// Of a connection met in the middle nobody knows who opened it: either may have, if it was allowed to.
void Walk::ask_sides()
{
    if (needs_no_asking())
        return;
    for (const auto& side : sides_)
        ask_side(side, is_new());
    if (objections.empty() || !is_midstream_)
        return;
    objections.clear();
    hits.clear(); // those rules have not decided
    for (auto& side : sides_) {
        side.role = Role::Answers;
        ask_side(side, true);
    }
}

// Each packet is asked about, unless its other end is somebody of the same subnet.
void Walk::ask_acl_of(const Side& side)
{
    const auto& subnet = cloud_.subnets.at(side.card->subnet);
    const auto& [ip, transport, tuple, quote] = packet;
    const auto other = side.is_sender ? ip.destination : ip.source;
    const auto* owner = oracle_.world.owner(cloud_.name, other);
    if (subnet.acl.empty() || (owner && owner->subnet == subnet.name))
        return;
    const Question question{other, ip.protocol, transport.destination_port, transport.icmp_type, transport.icmp_code};
    const auto direction = side.is_sender ? Direction::Egress : Direction::Ingress;
    const auto decision = ask_acl(oracle_.world, cloud_, subnet, direction, question);
    auto* first = sides_.front().leg; // whose entry says where the packet goes
    const bool is_first = is_new() || (first && first->asked(is_sent_).acls == 0);
    const bool is_decided = needs_no_asking() && side.leg->asked(side.is_sender).acls == oracle_.documents;
    if (!is_decided || !decision.allows)
        ask(decision, side.is_sender ? DROP_ACL_OUT : DROP_ACL_IN, is_first);
}

void Walk::remember(Side& side)
{
    const auto sent = side.is_sender ? *packet.tuple : packet.tuple->reversed();
    auto* leg = oracle_.legs.find(side.card->name, sent);
    const bool goes_its_way = leg && leg->opened_by_card == side.is_sender;
    const bool begins = packet.opens_tcp() && leg && (leg->is_closed() || (!goes_its_way && !leg->is_established));
    if (packet.opens_tcp() && leg && !begins && !goes_its_way)
        return; // a live connection is not this SYN's business: the receiver will tell (RFC 5961, 4)
    // Who only hears, in a connection the other side knows already, opens none: an answer joins that one.
    if (!leg && !side.is_sender && !packet.opens_tcp() && !is_new())
        return;
    if (begins && side.is_sender) // what was before is over for both
        oracle_.legs.forget(leg->heard_from, sent.reversed());
    if (!leg || begins) {
        leg = &oracle_.legs.open(side.card->name, sent, (side.role == Role::Opens) == side.is_sender);
        leg->is_midstream = is_midstream_;
        leg->sending.groups = leg->receiving.groups = oracle_.documents;
        if (is_midstream_)
            leg->said_by_card = leg->said_by_peer = LastSaid::Data;
    }
    leg->note(side.is_sender, packet.tcp_flags(), may_settle_);
    auto& this_way = side.is_sender ? leg->leads_to : leg->heard_from;
    auto& back = side.is_sender ? leg->heard_from : leg->leads_to;
    this_way = side.is_sender ? to_ : from_;
    if (back.empty())
        back = this_way;
    else if (packet.opens_tcp() && back != this_way)
        back = "?"; // a SYN that goes another way than its connection: which of the two is kept is open
    leg->asked(side.is_sender) = {oracle_.documents, oracle_.documents};
}

void Walk::remember()
{
    may_settle_ = sides_.front().leg != nullptr;
    if (packet.tuple)
        for (auto& side : sides_)
            remember(side);
    if (packet.ip.more && !packet.is_later_fragment() && packet.tuple)
        oracle_.fragments[fragment_key()] = packet.transport;
}

} // namespace vpcd::oracle
