#include "plan/rule_set.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "plan/rule_bits.h"

namespace vpcd {

namespace {

template <typename T>
std::string_view bytes_of(const T& value)
{
    static_assert(std::has_unique_object_representations_v<T>);
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

Result<void> check_size(const std::vector<OrderedRule>& rules)
{
    const auto written = std::ranges::count_if(rules, [](const auto& rule) { return rule.origin.index >= 0; });
    if (written > VPCD_RULES || rules.size() > kMostRuleBits)
        return fail(Error::config(
            fmt::format("{} rules decide together in one direction; {} can", rules.size(), VPCD_RULES)));
    return {};
}

::rule_verdict verdict_of(RulePolicy policy)
{
    return policy == RulePolicy::Allow ? RULE_VERDICT_ALLOW : RULE_VERDICT_DROP;
}

} // namespace

Result<RuleSet> compile(const OrderedRules& ordered)
{
    if (auto fits = check_size(ordered.rules); !fits)
        return fail(fits.error());

    RuleSet set{.vni = ordered.vni,
                .otherwise = verdict_of(ordered.otherwise),
                .rules = {},
                .peers = {},
                .ports = {},
                .groups = {}};
    for (const auto& [origin, rule, blocks] : ordered.rules) {
        if (!rule.peer.group.empty())
            add_rule(set.groups[rule.peer.group], set.rules.size());
        set.rules.push_back({.id = rule_id(origin), .verdict = verdict_of(rule.policy), .pad = 0});
    }
    set.peers = rule_peers(ordered.rules);
    set.ports = rule_ports(ordered.rules);
    return set;
}

bool RuleSet::has_peer(std::string_view group, ::rule_verdict verdict) const
{
    const auto found = groups.find(group);
    for (std::size_t i = 0; found != groups.end() && i < rules.size(); ++i)
        if (has_rule(found->second, i) && rules[i].verdict == verdict)
            return true;
    return false;
}

::rule_bits rules_for_members(const RuleSet& set, const std::vector<std::string>& groups)
{
    ::rule_bits bits{};
    for (const auto& group : groups)
        if (const auto found = set.groups.find(group); found != set.groups.end())
            add_rules(bits, found->second);
    return bits;
}

std::string content_of(const RuleSet& set)
{
    Digest digest;
    digest.add(bytes_of(set.vni));
    digest.add(bytes_of(static_cast<std::uint32_t>(set.otherwise)));
    const auto add_rows = [&](const auto& rows) {
        digest.add(bytes_of(static_cast<std::uint64_t>(rows.size())));
        for (const auto& [key, bits] : rows) {
            digest.add(bytes_of(key));
            digest.add(bytes_of(bits));
        }
    };
    for (const auto& rule : set.rules)
        digest.add(bytes_of(rule));
    add_rows(set.peers);
    add_rows(set.ports);
    return digest.hex();
}

} // namespace vpcd
