#include "plan/generation.h"

#include <utility>

namespace vpcd {

namespace {

class Concerned {
public:
    explicit Concerned(const PlannerState& state) : state_(state) {}

    void interface(std::uint32_t id)
    {
        const auto* row = find_row(state_.tables.interfaces, id);
        const auto* name = state_.interface_ids.name_of(id);
        if (name && row && row->vpc != 0)
            names.insert(*name);
    }

    void occupant(const ::next_hop* row)
    {
        if (row && row->vpc != 0 && row->host == 0)
            interface(row->interface);
    }

    void subnet(const std::string& subnet)
    {
        for (const auto& name : members_of(state_.locals_by_subnet, subnet))
            if (const auto id = state_.interface_ids.find(name))
                interface(*id);
    }

    void vpc(std::uint32_t vni)
    {
        for (const auto& name : members_of(state_.locals_by_vpc, vpc_name(vni)))
            if (const auto id = state_.interface_ids.find(name))
                interface(*id);
    }

    void subnet(const ::subnet_key& key)
    {
        if (const auto* name = state_.subnet_ids.name_of(vpc_name(key.vpc), key.subnet))
            subnet(*name);
    }

    void table(std::uint32_t vni, std::uint32_t id)
    {
        const auto* name = state_.table_ids.name_of(vpc_name(vni), id);
        if (!name)
            return;
        const auto users = state_.table_users.find({vpc_name(vni), *name});
        if (users != state_.table_users.end())
            for (const auto& user : users->second)
                subnet(user);
    }

    // A row of the arrivals concerns the interface it led to, and the one it leads to.
    void arrival(const ::route* row)
    {
        if (!row)
            return;
        occupant(find_row(state_.tables.next_hops, row->next_hop));
        if (const auto id = state_.interface_ids.find(state_.next_hops.interface_of(row->next_hop)))
            interface(*id);
    }

    // Whoever goes by one of these, as an interface or through its subnet.
    void policies(const std::set<std::uint32_t>& ids)
    {
        if (ids.empty())
            return;
        for (const auto& [name, place] : state_.locals) {
            const auto planned = state_.interfaces.find(name);
            if (planned == state_.interfaces.end() || !planned->second.local)
                continue;
            const auto& local = *planned->second.local;
            const auto home = state_.subnets.find(place.subnet);
            if (ids.contains(local.ingress_policy) || ids.contains(local.egress_policy) ||
                (home != state_.subnets.end() &&
                 (ids.contains(home->second.ingress_policy) || ids.contains(home->second.egress_policy))))
                interface(local.id);
        }
    }

    bool is_arrivals(const ::route_key& key) const
    {
        const auto vpc = state_.vpcs.find(vpc_name(key.vpc));
        return vpc != state_.vpcs.end() && vpc->second.arrivals == key.table;
    }

    std::set<std::string> names;

private:
    const std::string& vpc_name(std::uint32_t vni) const
    {
        static const std::string kNone;
        const auto found = state_.vpc_by_vni.find(vni);
        return found == state_.vpc_by_vni.end() ? kNone : found->second;
    }

    const PlannerState& state_;
};

void concern_routes(const Changes<::route_key, ::route>& changes, const Tables& old, Concerned& concerned)
{
    std::set<std::pair<std::uint32_t, std::uint32_t>> tables;
    const auto see = [&](const ::route_key& key, const ::route* row) {
        if (concerned.is_arrivals(key)) {
            concerned.arrival(row);
            concerned.arrival(find_row(old.routes, key));
        } else {
            tables.emplace(key.vpc, key.table);
        }
    };
    for (const auto& [key, row] : changes.upserts)
        see(key, &row);
    for (const auto& key : changes.deletes)
        see(key, nullptr);
    for (const auto& [vni, table] : tables)
        concerned.table(vni, table);
}

} // namespace

std::set<std::string> concerned(const PlanChanges& changes, const PlannerState& state)
{
    Concerned concerned{state};
    for (const auto& [id, row] : changes.interfaces.upserts)
        concerned.interface(id);
    for (const auto& [index, row] : changes.next_hops.upserts) {
        concerned.occupant(find_row(state.tables.next_hops, index));
        concerned.occupant(&row);
    }
    for (const auto& [key, row] : changes.endpoints.upserts)
        if (const auto* old = find_row(state.tables.endpoints, key); old && old->outside != row.outside)
            concerned.occupant(find_row(state.tables.next_hops, row.next_hop));
    // How many connections there may be is asked about new ones only.
    for (const auto& [key, row] : changes.vpcs.upserts)
        if (const auto* old = find_row(state.tables.vpcs, key);
            !old || old->arrivals != row.arrivals || old->flags != row.flags)
            concerned.vpc(key.vpc);
    for (const auto& [key, row] : changes.subnets.upserts)
        concerned.subnet(key);
    concerned.policies(policies_concerned(changes, state));
    concern_routes(changes.routes, state.tables, concerned);
    return std::move(concerned.names);
}

void bump_generations(const std::set<std::string>& interfaces, PlannerState& state, Tables& before, Tables& after)
{
    for (const auto& name : interfaces) {
        const auto planned = state.interfaces.find(name);
        if (planned == state.interfaces.end() || !planned->second.local)
            continue;
        PlannedLocal& local = *planned->second.local;
        const std::uint32_t id = local.id;
        const auto& row = state.tables.interfaces.at(id);
        before.interfaces[id] = row;
        after.interfaces.try_emplace(id, row);
        local.generation = ++state.generations[id];
        after.interfaces[id].generation = local.generation;
    }
}

} // namespace vpcd
