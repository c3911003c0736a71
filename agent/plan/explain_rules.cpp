#include "plan/explain_rules.h"

#include <fmt/format.h>

#include "plan/rule_bits.h"

namespace vpcd {

namespace {

constexpr std::size_t kMostRuns = 8;

std::string or_number(const std::string& name, std::uint32_t number)
{
    return name.empty() ? fmt::format("#{}", number) : name;
}

std::string_view word_of_verdict(std::uint32_t verdict)
{
    return verdict == RULE_VERDICT_ALLOW ? "allow" : "drop";
}

unsigned port_of(const ::rule_port_key& key)
{
    return static_cast<unsigned>(key.port[0] << 8 | key.port[1]);
}

} // namespace

std::string to_string(const ::rule_bits& bits)
{
    std::string text;
    std::size_t runs = 0;
    std::size_t more = 0;
    for (std::size_t first = 0; first < kMostRuleBits; ++first) {
        if (!has_rule(bits, first))
            continue;
        std::size_t last = first;
        while (last + 1 < kMostRuleBits && has_rule(bits, last + 1))
            ++last;
        if (++runs > kMostRuns)
            more += last - first + 1;
        else
            text += fmt::format("{}{}{}", runs == 1 ? "rules " : ", ", first,
                                last == first ? std::string{} : fmt::format("-{}", last));
        first = last;
    }
    if (more > 0)
        text += fmt::format(" and {} more", more);
    return text.empty() ? "no rule" : text;
}

std::string RuleWords::key(const ::rule_key& key) const
{
    return fmt::format("rule set {} rule {}", key.rule_set, key.index);
}

std::string RuleWords::key(const ::rule_peer_key& key) const
{
    const auto length = key.prefix_len - RULE_PEER_PREFIX_FIXED;
    if (length == 0)
        return fmt::format("rule set {} peer anybody", key.rule_set);
    const auto address = Address::from_abi(key.address);
    return fmt::format("rule set {} peer {}/{}", key.rule_set, to_string(address),
                       length - (address.is_v4() ? 96 : 0));
}

std::string RuleWords::key(const ::rule_group_key& key) const
{
    const auto* rule_set = find_row(planner_.tables().rule_sets, key.rule_set);
    const auto groups = rule_set ? planner_.groups_text(rule_set->vpc, key.group_set) : std::string{};
    return fmt::format("rule set {} peer in groups {}", key.rule_set, or_number(groups, key.group_set));
}

std::string RuleWords::key(const ::rule_port_key& key) const
{
    const auto length = key.prefix_len - RULE_PORT_PREFIX_FIXED;
    if (length == 0)
        return fmt::format("rule set {} any protocol", key.rule_set);
    const auto protocol = to_string(IpProtocol{key.protocol});
    if (length == 8)
        return fmt::format("rule set {} {}", key.rule_set, protocol);
    const PortRange ports{static_cast<std::uint16_t>(port_of(key)),
                          static_cast<std::uint16_t>(port_of(key) + (1u << (24 - length)) - 1)};
    if (protocol != "icmp")
        return fmt::format("rule set {} {} {}", key.rule_set, protocol, to_string(ports));
    return fmt::format("rule set {} icmp type {}{}", key.rule_set, ports.first >> 8,
                       length < 24 ? std::string{} : fmt::format(" code {}", ports.first & 0xff));
}

std::string RuleWords::row(std::uint32_t id, const ::policy& row) const
{
    const auto name = planner_.policy_name(id);
    return fmt::format("policy {} ({}) -> rule set {}", id, or_number(name, id), row.rule_set[0]);
}

std::string RuleWords::row(std::uint32_t id, const ::rule_set& row) const
{
    const auto vpc = row.vpc == 0 ? "everywhere" : "of " + or_number(planner_.vpc_name(row.vpc), row.vpc);
    return fmt::format("rule set {} {}, otherwise {}", id, vpc, word_of_verdict(row.otherwise));
}

std::string RuleWords::row(const ::rule_key& row_key, const ::rule& row) const
{
    const auto* origin = planner_.rule_origin(row.id);
    return fmt::format("{}: {}, {}", key(row_key), word_of_verdict(row.verdict),
                       origin ? to_string(*origin) : fmt::format("{:016x}", row.id));
}

} // namespace vpcd
