// An answer of the oracle against what came of the packet.
#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <linux/pkt_cls.h>

#include "player.h"
#include "tunnel.h"

namespace vpcd::oracle {
namespace {

std::uint32_t action_of(Answer::Kind kind)
{
    if (kind == Answer::Kind::Dropped)
        return TC_ACT_SHOT;
    return kind == Answer::Kind::NotOurs ? static_cast<std::uint32_t>(TC_ACT_UNSPEC) : TC_ACT_REDIRECT;
}

std::string differs_in_bytes(const Answer& answer, const Bytes& bytes)
{
    if (answer.kind == Answer::Kind::Dropped || answer.kind == Answer::Kind::NotOurs)
        return {};
    if (answer.kind == Answer::Kind::Out) // who the next hop is, the kernel finds out later
        return std::ranges::equal(View{bytes}.subspan(kEthernetHeader), View{answer.frame}.subspan(kEthernetHeader))
                   ? ""
                   : "its bytes are\n" + test::hex(bytes);
    if (answer.kind != Answer::Kind::Sent)
        return bytes == answer.frame ? "" : "its bytes are\n" + test::hex(bytes);
    const auto tunnel = read_tunnel(bytes);
    if (!tunnel || tunnel->outer != *answer.outer)
        return "its outer headers are\n" + test::hex(bytes);
    const View expected = View{answer.frame}.subspan(kEthernetHeader);
    if (!std::ranges::equal(expected, tunnel->packet))
        return "inside are\n" + test::hex(tunnel->packet);
    const auto ethernet = read_ethernet(answer.frame);
    if (tunnel->ethernet && (tunnel->ethernet->to != ethernet->to || tunnel->ethernet->from != ethernet->from))
        return "its inner MACs are others";
    return {};
}

std::vector<Drop> drops_of(const Readings& counted, const Planner& planner)
{
    std::vector<Drop> drops;
    for (const auto& [key, count] : counted.drops)
        for (std::uint64_t i = 0; i < count.packets; i++)
            drops.push_back({static_cast<drop_reason>(key.reason), key.vpc, planner.interface_name(key.interface),
                             count.bytes / count.packets});
    return drops;
}

// One of the objections, and no other.
std::string differs_in_drops(const Answer& answer, const std::vector<Drop>& drops)
{
    const bool is_right = answer.objections.empty()
                              ? drops.empty()
                              : drops.size() == 1 && std::ranges::count(answer.objections, drops[0]);
    if (is_right)
        return {};
    std::string text = "counted are";
    for (const auto& [reason, vni, card, bytes] : drops)
        text += fmt::format(" {} (VNI {}, interface {}, {} bytes)", name_of(reason), vni,
                            card.empty() ? "none" : card, bytes);
    return drops.empty() ? "no drop is counted" : text;
}

std::string differs_in_traffic(const Answer& answer, const Readings& counted, const Planner& planner)
{
    std::map<std::string, interface_counters> expected;
    for (const auto& [card, is_sent, bytes] : answer.traffic) {
        auto& of = expected[card];
        (is_sent ? of.tx_packets : of.rx_packets)++;
        (is_sent ? of.tx_bytes : of.rx_bytes) += bytes;
    }
    std::map<std::string, interface_counters> found;
    for (const auto& [id, counters] : counted.traffic)
        found[planner.interface_name(id)] = counters;
    const auto same = [](const auto& left, const auto& right) {
        return left.first == right.first && same_bytes(left.second, right.second);
    };
    if (std::ranges::equal(expected, found, same))
        return {};
    std::string text = "traffic is";
    for (const auto& [card, of] : found)
        text += fmt::format(" {}: {} packets out, {} in, {} and {} bytes;", card, of.tx_packets, of.rx_packets,
                            of.tx_bytes, of.rx_bytes);
    return text;
}

// All certain hits, that of the rule which denies the packet, and none that nobody expects.
std::string differs_in_hits(const Answer& answer, const Readings& counted, const Player& player, drop_reason reason)
{
    std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> found, least, most;
    for (const auto& [key, hits] : counted.hits)
        found[{player.rule_name(key.rule), key.vpc}] += hits.packets;
    std::vector<std::uint64_t> denials; // by each rule for which the packet may have been dropped
    for (const auto& [rule, vni, is_certain, denies] : answer.hits) {
        least[{rule, vni}] += is_certain;
        most[{rule, vni}]++;
        if (denies != DROP_NONE && denies == reason)
            denials.push_back(found[{rule, vni}]);
    }
    bool is_right = std::ranges::all_of(found, [&](const auto& hit) { return hit.second <= most[hit.first]; });
    for (const auto& [rule, count] : least)
        is_right &= count == 0 || found[rule] >= count;
    is_right &= denials.empty() || std::ranges::any_of(denials, [](std::uint64_t count) { return count > 0; });
    if (is_right)
        return {};
    std::string text = "rules that decided:";
    for (const auto& [rule, count] : found)
        if (count)
            text += fmt::format(" {} (VNI {}) {};", rule.first, rule.second, count);
    return text;
}

} // namespace

std::optional<std::string> difference(const Answer& answer, const Outcome& outcome, const Player& player)
{
    const auto& planner = player.planner();
    const auto drops = drops_of(outcome.counted, planner);
    if (answer.may_be_dropped && outcome.action == TC_ACT_SHOT && drops == std::vector{*answer.may_be_dropped})
        return std::nullopt;
    std::vector<std::string> differences;
    if (outcome.action != action_of(answer.kind))
        differences.push_back(fmt::format("its verdict is {}", static_cast<int>(outcome.action)));
    else
        differences.push_back(differs_in_bytes(answer, outcome.bytes));
    differences.push_back(differs_in_drops(answer, drops));
    differences.push_back(differs_in_traffic(answer, outcome.counted, planner));
    differences.push_back(
        differs_in_hits(answer, outcome.counted, player, drops.empty() ? DROP_NONE : drops[0].reason));
    std::erase(differences, "");
    if (differences.empty())
        return std::nullopt;

    std::string text = "the oracle: " + in_words(answer) + "\nthe datapath:";
    for (const auto& each : differences)
        text += "\n      " + each;
    if (outcome.action != action_of(answer.kind) && !answer.frame.empty())
        return text;
    return answer.frame.empty() ? text : text + "\nexpected bytes\n" + test::hex(answer.frame);
}

} // namespace vpcd::oracle
