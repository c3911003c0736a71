#include "plan/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vpcd {

std::string PolicyName::text() const
{
    if (groups.empty())
        return fmt::format("{} {} of network ACL {}", vpc, word_of(direction), acl);
    return fmt::format("{} {} of groups {}", vpc, word_of(direction), fmt::join(groups, " "));
}

std::vector<ResourceId> PolicyName::documents() const
{
    if (groups.empty())
        return {{NetworkAcl::kKind, acl}};
    std::vector<ResourceId> ids;
    for (const auto& group : groups)
        ids.push_back({SecurityGroup::kKind, group});
    return ids;
}

void add_rows(const PlannedPolicy& policy, Tables& tables)
{
    tables.policies[policy.id] = {.rule_set = {policy.rule_set, policy.rule_set}};
}

void add_rows(const PlannedRuleSet& planned, Tables& tables)
{
    const auto& [vni, otherwise, rules, peers, ports, groups] = planned.set;
    tables.rule_sets[planned.id] = {.otherwise = static_cast<__u32>(otherwise), .vpc = vni};
    for (std::size_t i = 0; i < rules.size(); ++i)
        tables.rules[{.rule_set = planned.id, .index = static_cast<__u32>(i)}] = rules[i];
    for (auto [key, bits] : peers) {
        key.rule_set = planned.id;
        tables.rule_peers[key] = bits;
    }
    for (auto [key, bits] : ports) {
        key.rule_set = planned.id;
        tables.rule_ports[key] = bits;
    }
    for (const auto& [group_set, bits] : planned.members)
        tables.rule_groups[{.rule_set = planned.id, .group_set = group_set}] = bits;
}

void add_deny_rows(Tables& tables)
{
    tables.rule_sets[kDenyRuleSet] = {.otherwise = RULE_VERDICT_DROP, .vpc = 0};
    tables.policies[kDenyPolicy] = {.rule_set = {kDenyRuleSet, kDenyRuleSet}};
}

void RuleOrigins::add(const OrderedRules& ordered)
{
    for (const auto& rule : ordered.rules) {
        auto& entry = entries_.try_emplace(rule_id(rule.origin)).first->second;
        if (entry.uses++ == 0)
            entry.origin = rule.origin;
    }
}

void RuleOrigins::remove(const RuleSet& set)
{
    for (const auto& rule : set.rules)
        if (const auto found = entries_.find(rule.id); found != entries_.end() && --found->second.uses == 0)
            entries_.erase(found);
}

const RuleOrigin* RuleOrigins::find(std::uint64_t id) const
{
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second.origin;
}

} // namespace vpcd
