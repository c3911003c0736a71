#include "plan/pass.h"

namespace vpcd {

// Those of both directions. Without room for one nothing passes that way: that is told, and false is returned.
bool PlanPass::acquire_policies(PolicyName name, std::uint32_t& ingress, std::uint32_t& egress,
                                const ResourceId& user)
{
    Result<void> done;
    for (const auto& [direction, policy] :
         {std::pair{Direction::Ingress, &ingress}, std::pair{Direction::Egress, &egress}}) {
        name.direction = direction;
        const auto id = acquire_policy(name);
        *policy = id.value_or(kDenyPolicy);
        if (!id)
            done = fail(id.error());
    }
    if (!done)
        report(user, done.error().during("nothing passes"));
    return done.has_value();
}

// One claim more.
Result<std::uint32_t> PlanPass::acquire_policy(const PolicyName& name)
{
    const auto id = state_.policy_ids.acquire(name.text());
    if (!id)
        return id;
    if (state_.policies.try_emplace(*id, PlannedPolicy{name, *id, 0}).second) {
        for (const auto& document : name.documents())
            state_.policies_by_document[document].insert(*id);
        scope_.policies.insert(*id);
    }
    return id;
}

void PlanPass::release_policy(std::uint32_t id)
{
    if (id > kDenyPolicy)
        released_policies_.push_back(id);
}

// After everybody who uses one was planned. Rule sets are given up last, so that one that only changes hands stays.
void PlanPass::plan_policies()
{
    drop_policies();
    const auto& crowded = rule_sets_.settle_members();
    for (const auto& [id, policy] : state_.policies)
        if (crowded.contains(policy.rule_set))
            scope_.policies.insert(id);
    for (const auto id : scope_.policies)
        if (const auto policy = state_.policies.find(id); policy != state_.policies.end())
            plan_policy(policy->second);
    for (const auto id : released_rule_sets_)
        rule_sets_.release(id);
}

void PlanPass::drop_policies()
{
    for (const auto id : released_policies_) {
        const auto policy = state_.policies.find(id);
        if (policy == state_.policies.end() || !state_.policy_ids.release(policy->second.name.text()))
            continue;
        leave_rule_set(policy->second);
        for (const auto& document : policy->second.name.documents()) {
            const auto users = state_.policies_by_document.find(document);
            users->second.erase(id);
            if (users->second.empty())
                state_.policies_by_document.erase(users);
        }
        state_.starved_policies.erase(id);
        state_.policies.erase(policy);
    }
}

void PlanPass::leave_rule_set(const PlannedPolicy& policy)
{
    if (policy.rule_set != 0)
        add_rows(policy, before);
    if (policy.rule_set > kDenyRuleSet)
        released_rule_sets_.push_back(policy.rule_set);
}

void PlanPass::plan_policy(PlannedPolicy& policy)
{
    const auto* vpc = present_vpc(policy.name.vpc);
    if (!vpc)
        return;
    ++scope_.visits;
    const auto& [vpc_name, direction, groups, acl] = policy.name;
    const auto rules =
        groups.empty() ? ordered_rules(model_, *vpc, acl, direction) : ordered_rules(model_, *vpc, groups, direction);
    const auto rule_set = rule_sets_.acquire(vpc_name, rules);
    leave_rule_set(policy);
    policy.rule_set = rule_set.value_or(kDenyRuleSet);
    add_rows(policy, after);

    state_.starved_policies.erase(policy.id);
    if (!rule_set) {
        state_.starved_policies.insert(policy.id);
        report(policy.name.documents().front(), rule_set.error().during("nothing passes"));
    }
}

} // namespace vpcd
