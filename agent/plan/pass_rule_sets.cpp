#include "plan/pass_rule_sets.h"

#include <fmt/format.h>

#include "plan/rule_bits.h"

namespace vpcd {

namespace {

::rule_group_key group_key(std::uint32_t rule_set, std::uint32_t group_set)
{
    return {.rule_set = rule_set, .group_set = group_set};
}

constexpr std::string_view kGroupRows = "rows for groups of peers";

Error no_room(std::string_view what, std::size_t limit)
{
    return Error::config(fmt::format("there is room for {} {}, and more are needed", limit, what));
}

} // namespace

const std::set<std::uint32_t>& RuleSetPass::settle_members()
{
    for (const auto& place : state_.group_sets.come())
        come(place);
    for (const auto& place : state_.group_sets.gone())
        go(place);
    return crowded_;
}

void RuleSetPass::come(const GroupSets::Place& place)
{
    const auto& [vpc, group_set] = place;
    const auto rule_sets = state_.rule_sets_by_vpc.find(vpc);
    if (rule_sets == state_.rule_sets_by_vpc.end())
        return;
    for (const auto id : rule_sets->second) {
        PlannedRuleSet& planned = state_.rule_sets.at(id);
        const auto bits = rules_for_members(planned.set, state_.group_sets.find(vpc, group_set)->groups);
        if (is_empty(bits))
            continue;
        if (state_.tables.rule_groups.size() + more_.groups >= state_.options.rules.groups) {
            crowded_.insert(id);
            continue;
        }
        ++more_.groups;
        planned.members[group_set] = bits;
        after_.rule_groups[group_key(id, group_set)] = bits;
    }
}

void RuleSetPass::go(const GroupSets::Place& place)
{
    const auto rule_sets = state_.rule_sets_by_vpc.find(place.first);
    if (rule_sets == state_.rule_sets_by_vpc.end())
        return;
    for (const auto id : rule_sets->second) {
        auto& members = state_.rule_sets.at(id).members;
        if (const auto row = members.find(place.second); row != members.end()) {
            before_.rule_groups[group_key(id, place.second)] = row->second;
            members.erase(row);
        }
    }
}

Result<std::uint32_t> RuleSetPass::acquire(const std::string& vpc, const OrderedRules& ordered)
{
    auto set = compile(ordered);
    if (!set)
        return fail(set.error());
    PlannedRuleSet wanted{.vpc = vpc, .content = vpc + " " + content_of(*set), .set = std::move(*set), .members = {}};
    const auto id = state_.rule_set_ids.find(wanted.content);
    if (!id || !state_.rule_sets.contains(*id))
        return make(std::move(wanted), ordered);
    if (crowded_.contains(*id))
        return fail(no_room(kGroupRows, state_.options.rules.groups));
    return state_.rule_set_ids.acquire(wanted.content);
}

Result<std::uint32_t> RuleSetPass::make(PlannedRuleSet wanted, const OrderedRules& ordered)
{
    for (const auto group_set : state_.group_sets.with_any(wanted.vpc, wanted.set.groups))
        wanted.members.emplace(group_set,
                               rules_for_members(wanted.set, state_.group_sets.find(wanted.vpc, group_set)->groups));
    const auto known = state_.rule_set_ids.find(wanted.content);
    wanted.id = known.value_or(0); // its rows are there: an earlier agent made it
    if (auto room = take_room(wanted, known.has_value()); !room)
        return fail(room.error());
    const auto id = state_.rule_set_ids.acquire(wanted.content);
    if (!id)
        return id;

    wanted.id = *id;
    add_rows(wanted, after_);
    state_.rule_origins.add(ordered);
    state_.rule_sets_by_vpc[wanted.vpc].insert(*id);
    state_.rule_sets.emplace(*id, std::move(wanted));
    return id;
}

Result<void> RuleSetPass::take_room(const PlannedRuleSet& wanted, bool is_known)
{
    auto more = more_;
    for (const auto& [group_set, bits] : wanted.members)
        more.groups += !is_known || !state_.tables.rule_groups.contains(group_key(wanted.id, group_set));
    if (!is_known) {
        more.rules += wanted.set.rules.size();
        more.peers += wanted.set.peers.size();
        more.ports += wanted.set.ports.size();
    }
    const Tables& tables = state_.tables;
    const RuleLimits& limits = state_.options.rules;
    if (tables.rules.size() + more.rules > limits.rules)
        return fail(no_room("rules", limits.rules));
    if (tables.rule_peers.size() + more.peers > limits.peers)
        return fail(no_room("rows for addresses of peers", limits.peers));
    if (tables.rule_groups.size() + more.groups > limits.groups)
        return fail(no_room(kGroupRows, limits.groups));
    if (tables.rule_ports.size() + more.ports > limits.ports)
        return fail(no_room("rows for ports", limits.ports));
    more_ = more;
    return {};
}

void RuleSetPass::release(std::uint32_t id)
{
    const auto entry = state_.rule_sets.find(id);
    if (entry == state_.rule_sets.end() || !state_.rule_set_ids.release(entry->second.content))
        return;
    const PlannedRuleSet& planned = entry->second;
    add_rows(planned, before_);
    for (const auto& [group_set, bits] : planned.members) { // some may have come in this very update
        const auto key = group_key(id, group_set);
        after_.rule_groups.erase(key);
        if (!state_.tables.rule_groups.contains(key))
            before_.rule_groups.erase(key);
    }
    state_.rule_origins.remove(planned.set);
    const auto in_vpc = state_.rule_sets_by_vpc.find(planned.vpc);
    in_vpc->second.erase(id);
    if (in_vpc->second.empty())
        state_.rule_sets_by_vpc.erase(in_vpc);
    state_.rule_sets.erase(entry);
}

} // namespace vpcd
