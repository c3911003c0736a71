// Policies under which a connection may have become denied: only those concern anybody who has one. What became
// allowed is judged anew anyway.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "plan/generation.h"

namespace vpcd {

namespace {

// An address that was in one set of groups and is in another now; 0: in none.
struct Shift {
    std::uint32_t vni = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;

    friend auto operator<=>(const Shift&, const Shift&) = default;
};

std::set<Shift> shifts_of(const Changes<::endpoint_key, ::endpoint>& changes, const Tables& old)
{
    std::set<Shift> shifts;
    Shift last; // most addresses do as the one before
    const auto see = [&](const ::endpoint_key& key, std::uint32_t group_set) {
        const auto* row = find_row(old.endpoints, key);
        const Shift shift{key.vpc, row ? row->group_set : 0, group_set};
        if (shift.from != shift.to && shift != last)
            shifts.insert(shift);
        last = shift;
    };
    for (const auto& [key, row] : changes.upserts)
        see(key, row.group_set);
    for (const auto& key : changes.deletes)
        see(key, 0);
    return shifts;
}

// The groups an address has left and those it has joined.
struct Moved {
    std::vector<std::string> left;
    std::vector<std::string> joined;
    bool was_unknown = false; // it may have left any
};

Moved moved(const GroupSets& sets, const std::string& vpc, const Shift& shift)
{
    static const GroupSets::Set kNone;
    const auto* from = shift.from == 0 ? &kNone : sets.find(vpc, shift.from);
    const auto* to = shift.to == 0 ? &kNone : sets.find(vpc, shift.to);
    Moved result{.left = {}, .joined = {}, .was_unknown = !from};
    const auto& before = (from ? from : &kNone)->groups;
    const auto& now = (to ? to : &kNone)->groups;
    std::ranges::set_difference(before, now, std::back_inserter(result.left));
    std::ranges::set_difference(now, before, std::back_inserter(result.joined));
    return result;
}

// A connection that was allowed is denied now if the rule that allowed it matches no more, or if one that drops does.
bool may_deny(const RuleSet& set, const Moved& moved)
{
    if (moved.was_unknown && !set.groups.empty())
        return true;
    return std::ranges::any_of(moved.left,
                               [&](const auto& group) { return set.has_peer(group, RULE_VERDICT_ALLOW); }) ||
           std::ranges::any_of(moved.joined,
                               [&](const auto& group) { return set.has_peer(group, RULE_VERDICT_DROP); });
}

} // namespace

std::set<std::uint32_t> policies_concerned(const PlanChanges& changes, const PlannerState& state)
{
    std::set<std::uint32_t> policies;
    for (const auto& [id, row] : changes.policies.upserts)
        policies.insert(id);
    for (const auto& shift : shifts_of(changes.endpoints, state.tables)) {
        const auto vpc = state.vpc_by_vni.find(shift.vni);
        if (vpc == state.vpc_by_vni.end())
            continue;
        const auto groups = moved(state.group_sets, vpc->second, shift);
        for (const auto& [id, policy] : state.policies)
            if (const auto set = state.rule_sets.find(policy.rule_set);
                policy.name.vpc == vpc->second && set != state.rule_sets.end() && may_deny(set->second.set, groups))
                policies.insert(id);
    }
    return policies;
}

} // namespace vpcd
