#include "plan/planner.h"

#include <algorithm>

#include "plan/adoption.h"
#include "plan/generation.h"
#include "plan/outside.h"
#include "plan/pass.h"
#include "plan/scope.h"
#include "plan/state.h"

namespace vpcd {

namespace {

template <typename T>
bool is_zero(const T& row)
{
    return same_bytes(row, T{});
}

Scope scope_of(const PlannerState& state, const Model& model, const ResourceIds& touched, const Facts& facts,
               bool is_declared)
{
    Scope scope;
    if (state.is_first || is_declared != state.self.has_value())
        include_everything(scope, state, model);
    include_facts(scope, state, facts);
    if (!state.is_first) // else everything is in scope that is wanted here
        include_touched(scope, state, model, touched);
    for (const auto& name : state.starved_hosts)
        include_touched(scope, state, model, {{Host::kKind, name}});
    scope.interfaces.insert(state.starved_interfaces.begin(), state.starved_interfaces.end());
    scope.subnets.insert(state.starved_subnets.begin(), state.starved_subnets.end());
    scope.policies.insert(state.starved_policies.begin(), state.starved_policies.end());
    include_elastics(scope, state, model);
    scope.elastics.insert(state.starved_elastics.begin(), state.starved_elastics.end());
    scope.nats.insert(state.starved_nats.begin(), state.starved_nats.end());
    scope.services.insert(state.starved_services.begin(), state.starved_services.end());
    scope.tables.insert(state.starved_tables.begin(), state.starved_tables.end());
    return scope;
}

void plan_rows(PlanPass& pass)
{
    pass.plan_host_ids();
    pass.plan_vpcs();
    pass.plan_subnets();
    pass.plan_interfaces();
    pass.plan_elastics();
    pass.plan_nats();
    pass.plan_services();
    pass.plan_policies();
    pass.plan_route_tables();
    pass.plan_gateways();
    pass.plan_hosts();
    pass.plan_self();
    pass.plan_attachments();
    pass.release();
}

} // namespace

Planner::Planner(PlanOptions options) : state_(std::make_unique<PlannerState>(std::move(options))) {}
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;
Planner::~Planner() = default;

void Planner::adopt(Tables observed)
{
    state_->tables = std::move(observed);
    for_each_table([&](const auto& table) {
        if (table.delete_writes_zeroes())
            erase_if(state_->tables.*table.rows, [](const auto& row) { return is_zero(row.second); });
    });
    if (const auto row = state_->tables.settings.find(0); row != state_->tables.settings.end())
        row->second.events = row->second.epoch = row->second.denials = 0; // not the plan's business
}

PlanResult Planner::update(const Model& model, const ResourceIds& touched, const Facts& facts)
{
    PlannerState& state = *state_;
    const bool is_declared = model.find<Host>(state.options.host) != nullptr;
    if (state.is_first)
        seed(state, model, facts);

    Scope scope = scope_of(state, model, touched, facts, is_declared);
    settle_presence(scope, state, model, is_declared);
    include_packages(scope, state, model);

    PlanPass pass{state, model, facts, scope};
    if (state.is_first) {
        pass.before = state.tables;
        state.interfaces.reserve(scope.interfaces.size());
        state.next_hops.reserve(scope.interfaces.size());
    }
    plan_rows(pass);
    if (state.is_first)
        vacate_unclaimed(state, pass.after);

    // The rows of the pass say whom the change concerns; that in turn changes rows of interfaces.
    PlanResult result{diff(pass.after, pass.before), std::move(pass.errors), scope.visits};
    bump_generations(concerned(result.changes, state), state, pass.before, pass.after);
    result.changes.interfaces = diff(pass.after.interfaces, pass.before.interfaces);

    apply(result.changes, state.tables);
    state.group_sets.settle();
    state.facts = facts;
    state.is_first = false;
    if (!is_declared)
        result.errors.push_back(Error::config(
            "no Host document is named '" + state.options.host + "'" +
            (state.options.documents.empty() ? "" : " in " + state.options.documents) + ": nothing to do"));
    return result;
}

} // namespace vpcd
