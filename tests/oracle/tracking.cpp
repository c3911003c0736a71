#include "tracking.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vpcd::oracle {
namespace {

// Question and answer (RFC 792, RFC 950).
constexpr std::pair<std::uint8_t, std::uint8_t> kQueries[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};

// A SYN counts at the start only. What follows a RST shows that it was not the end (RFC 5961, 3.2); what follows a
// FIN does not.
LastSaid next(LastSaid before, std::uint8_t flags)
{
    if (flags & tcp::kSyn)
        return before == LastSaid::Nothing ? LastSaid::Syn : before;
    if (before == LastSaid::Nothing)
        return before;
    if (flags & tcp::kRst)
        return LastSaid::Rst;
    if (flags & tcp::kFin)
        return LastSaid::Fin;
    return before == LastSaid::Fin ? LastSaid::Fin : LastSaid::Data;
}

} // namespace

Tuple Tuple::reversed() const
{
    const bool is_query = protocol == kIcmp;
    return {vni, protocol, destination, source, destination_port, source_port, is_query && !is_answer};
}

std::string in_words(const Tuple& tuple)
{
    return fmt::format("VNI {}, protocol {}, {}:{} -> {}:{}{}", tuple.vni, tuple.protocol, dotted(tuple.source),
                       tuple.source_port, dotted(tuple.destination), tuple.destination_port,
                       tuple.is_answer ? ", an answer" : "");
}

bool is_icmp_error(std::uint8_t type)
{
    return type == icmp::kUnreachable || type == icmp::kExceeded || type == icmp::kBadParameter;
}

bool is_icmp_query(std::uint8_t type)
{
    return std::ranges::any_of(kQueries, [&](const auto& query) { return query.first == type; });
}

std::optional<Tuple> tuple_of(std::uint32_t vni, const Ip& ip, const Transport& transport)
{
    Tuple tuple{vni, ip.protocol, ip.source, ip.destination, transport.source_port, transport.destination_port};
    if (ip.protocol != kIcmp)
        return tuple;
    for (const auto& [question, answer] : kQueries) {
        if (transport.icmp_type == question) {
            tuple.source_port = transport.icmp_id;
            tuple.destination_port = question;
            return tuple;
        }
        if (transport.icmp_type == answer) {
            tuple.source_port = question;
            tuple.destination_port = transport.icmp_id;
            tuple.is_answer = true;
            return tuple;
        }
    }
    return std::nullopt;
}

bool tcp::contradict(std::uint8_t flags)
{
    if (flags & kSyn)
        return (flags & (kFin | kRst)) != 0;
    return (flags & (kAck | kRst)) == 0 || ((flags & kFin) && !(flags & kAck));
}

bool tcp::is_opening(std::uint8_t flags)
{
    return (flags & (kSyn | kAck)) == kSyn;
}

bool Leg::is_closed() const
{
    return said_by_card == LastSaid::Rst || said_by_peer == LastSaid::Rst ||
           (said_by_card == LastSaid::Fin && said_by_peer == LastSaid::Fin);
}

void Leg::note(bool sends, const std::optional<std::uint8_t>& tcp_flags, bool may_settle)
{
    constexpr unsigned kAnswersEnough = 4, kQuestionsEnough = 16;
    const bool is_answer = sends != opened_by_card;
    auto& said = sends ? said_by_card : said_by_peer;
    auto& packets = sends ? sent : received;
    ++packets;
    if (tcp_flags)
        said = next(said, *tcp_flags);
    if (!may_settle)
        return;

    const unsigned answers = opened_by_card ? received : sent;
    const auto said_by_answerer = opened_by_card ? said_by_peer : said_by_card;
    if (tcp_flags)
        is_established |= !is_answer && !(*tcp_flags & (tcp::kSyn | tcp::kRst)) && answers > 0 &&
                          said_by_answerer != LastSaid::Nothing;
    else
        is_established |= is_answer ? packets >= kAnswersEnough : answers > 0 || packets >= kQuestionsEnough;
}

Leg* Legs::find(const std::string& card, const Tuple& sent)
{
    const auto found = legs_.find({card, sent});
    return found == legs_.end() ? nullptr : &found->second;
}

Leg& Legs::open(const std::string& card, const Tuple& sent, bool opened_by_card)
{
    Leg leg;
    leg.card = card;
    leg.tuple = sent;
    leg.opened_by_card = opened_by_card;
    return legs_.insert_or_assign({card, sent}, leg).first->second;
}

} // namespace vpcd::oracle
