#include "plan/pass.h"

#include <algorithm>
#include <limits>

#include <vpcd/abi/limits.h>

namespace vpcd {

namespace {

std::optional<TableName> used_table(const std::optional<PlannedSubnet>& subnet)
{
    if (!subnet || !subnet->uses_table)
        return std::nullopt;
    return TableName{subnet->vpc, subnet->table};
}

// Two entries a connection.
std::uint32_t flow_limit(const Vpc& vpc, const PlanOptions& options)
{
    const unsigned common = options.connections_per_vpc;
    if (!vpc.connections && common == 0)
        return options.flows / 2;
    const auto entries = std::uint64_t{2} * vpc.connections.value_or(common);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(entries, std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t vpc_flags(Midstream midstream)
{
    switch (midstream) {
    case Midstream::AfterMove:
        return VPC_MIDSTREAM_AFTER_MOVE;
    case Midstream::Drop:
        return VPC_MIDSTREAM_DROP;
    case Midstream::Accept:
        break;
    }
    return 0;
}

} // namespace

const Vpc* PlanPass::present_vpc(const std::string& name) const
{
    return state_.is_present(name) ? model_.find<Vpc>(name) : nullptr;
}

void PlanPass::report(const ResourceId& id, const Error& error)
{
    if (errors.size() > kMostErrors)
        return;
    const auto* origin = model_.origin(id);
    errors.push_back(
        Error::at(origin ? origin->at() : Location{}, to_string(id) + ": " + error.sentence()).about(to_string(id)));
}

void PlanPass::plan_vpcs()
{
    for (const auto& name : scope_.vpcs)
        plan_vpc(name);
}

void PlanPass::plan_vpc(const std::string& name)
{
    if (const auto old = state_.vpcs.find(name); old != state_.vpcs.end()) {
        const auto known = state_.vpc_by_vni.find(old->second.vni);
        if (known != state_.vpc_by_vni.end() && known->second == name)
            state_.vpc_by_vni.erase(known);
        if (old->second.way_back.index != 0)
            released_addresses_.push_back(gateway_key_of(old->second.vni, kWayBack));
    }

    std::optional<PlannedVpc> wanted;
    if (const auto* vpc = present_vpc(name)) {
        wanted = PlannedVpc{.vni = vpc->vni,
                            .arrivals = state_.table_ids.acquire(name, std::string{kArrivals}),
                            .flow_limit = flow_limit(*vpc, state_.options),
                            .flags = vpc_flags(vpc->midstream),
                            .way_back = acquire_way_back(*vpc)};
        state_.vpc_by_vni[vpc->vni] = name;
    } else {
        state_.subnet_ids.release_all(name);
        state_.table_ids.release_all(name);
    }
    replace(state_.vpcs, name, wanted);
}

// Of what gateways let in; index 0: no gateway does, or there is no slot left, and answers go by the route tables.
NextHopSlot PlanPass::acquire_way_back(const Vpc& vpc)
{
    static const std::string kOwner = "way back";
    if (!has_publics(model_))
        return {};
    const auto slot = state_.next_hops.acquire(gateway_key_of(vpc.vni, kWayBack), kOwner, Mac{VPCD_RETURN_MAC});
    if (slot)
        return *slot;
    report(id_of(vpc), slot.error());
    return {};
}

void PlanPass::plan_subnets()
{
    for (const auto& name : scope_.subnets)
        plan_subnet(name);
}

void PlanPass::plan_subnet(const std::string& name)
{
    std::optional<PlannedSubnet> old;
    if (const auto planned = state_.subnets.find(name); planned != state_.subnets.end())
        old = planned->second;

    std::optional<PlannedSubnet> wanted;
    const auto* subnet = model_.find<Subnet>(name);
    if (const auto* vpc = subnet ? present_vpc(subnet->vpc) : nullptr) {
        const auto table = effective_table(model_, *subnet);
        wanted = PlannedSubnet{.vpc = vpc->name,
                               .vni = vpc->vni,
                               .id = state_.subnet_ids.acquire(vpc->name, name),
                               .cidr = subnet->cidr,
                               .gateway = subnet->gateway(),
                               .table = table,
                               .table_id = state_.table_ids.acquire(vpc->name, table),
                               .uses_table = state_.locals_by_subnet.contains(name)};
        acquire_acl(*wanted, *subnet);
    }
    if (old) {
        release_policy(old->ingress_policy);
        release_policy(old->egress_policy);
    }

    if (old && (!wanted || wanted->vpc != old->vpc)) {
        state_.subnet_ids.release(old->vpc, name);
        remove_member(state_.planned_subnets, old->vpc, name);
    }
    if (wanted)
        add_member(state_.planned_subnets, wanted->vpc, name);
    use_table(name, used_table(old), used_table(wanted));
    if (!old || !wanted || old->vpc != wanted->vpc || old->cidr != wanted->cidr) {
        // Every table has a system route to each subnet.
        if (old)
            include_tables_of(old->vpc);
        if (wanted)
            include_tables_of(wanted->vpc);
    }
    replace(state_.subnets, name, wanted);
}

// Only packets of interfaces that are here ask.
void PlanPass::acquire_acl(PlannedSubnet& planned, const Subnet& subnet)
{
    state_.starved_subnets.erase(subnet.name);
    if (subnet.network_acl.empty() || !planned.uses_table)
        return;
    if (!acquire_policies({.vpc = subnet.vpc, .groups = {}, .acl = subnet.network_acl}, planned.ingress_policy,
                          planned.egress_policy, id_of(subnet)))
        state_.starved_subnets.insert(subnet.name);
}

void PlanPass::use_table(const std::string& subnet, const std::optional<TableName>& old,
                         const std::optional<TableName>& wanted)
{
    if (old == wanted)
        return;
    if (old) {
        const auto users = state_.table_users.find(*old);
        users->second.erase(subnet);
        if (users->second.empty()) {
            scope_.tables.insert(*old);
            state_.table_users.erase(users);
        }
    }
    if (wanted && state_.table_users[*wanted].insert(subnet).second)
        scope_.tables.insert(*wanted);
}

void PlanPass::include_tables_of(const std::string& vpc)
{
    auto table = state_.table_users.lower_bound({vpc, {}});
    for (; table != state_.table_users.end() && table->first.vpc == vpc; ++table)
        scope_.tables.insert(table->first);
}

// Last of all steps, so that an address, an id or a host's number that changed hands in this pass keeps its value.
void PlanPass::release()
{
    for (const auto& key : released_addresses_)
        if (const auto slot = state_.next_hops.release(key))
            add_vacancy(*slot, after);
    for (const auto& name : released_interfaces_)
        if (const auto id = state_.interface_ids.release(name))
            add_vacancy(*id, ++state_.generations[*id], after);
    for (const auto& name : released_hosts_)
        state_.host_ids.release(name);
    for (const auto& address : released_publics_)
        state_.public_ids.release(address);
    for (const auto& service : released_services_)
        state_.service_ids.release(service);
}

} // namespace vpcd
