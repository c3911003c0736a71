#include "plan/pass.h"

namespace vpcd {

void PlanPass::plan_route_tables()
{
    for (const auto& name : scope_.declared_tables)
        move_routes(name);
    for (const auto& name : scope_.tables)
        plan_route_table(name);
}

// Takes in the table that held the routes of a document, and the one that holds them now.
void PlanPass::move_routes(const std::string& declared_table)
{
    ++scope_.visits;
    const auto include = [&](const TableName& where) {
        scope_.tables.insert(where);
        scope_.tables.insert({where.vpc, std::string{kArrivals}});
    };

    std::optional<TableName> wanted;
    const auto* declared = model_.find<RouteTable>(declared_table);
    if (declared && present_vpc(declared->vpc))
        wanted = TableName{declared->vpc, effective_table(*declared)};

    if (const auto old = state_.declared_tables.find(declared_table); old != state_.declared_tables.end()) {
        include(old->second);
        if (wanted != old->second && !state_.table_users.contains(old->second))
            state_.table_ids.release(old->second.vpc, declared_table);
        state_.declared_tables.erase(old);
    }
    if (wanted) {
        include(*wanted);
        state_.declared_tables.emplace(declared_table, *wanted);
    }
}

// Only tables that a packet of this host can meet have rows.
void PlanPass::plan_route_table(const TableName& name)
{
    const auto* vpc = present_vpc(name.vpc);
    std::optional<PlannedTable> wanted;
    std::vector<GatewayName> given_up;
    if (const auto old = state_.route_tables.find(name); old != state_.route_tables.end())
        given_up = old->second.gateways;
    state_.starved_tables.erase(name);
    if (vpc && (name.name == kArrivals || state_.table_users.contains(name))) {
        wanted = PlannedTable{vpc->vni, state_.table_ids.acquire(name.vpc, name.name), {}, {}};
        wanted->routes = routes_of(name, vpc->vni, wanted->gateways);
        scope_.visits += wanted->routes.size();
    }
    replace(state_.route_tables, name, std::move(wanted));
    for (const auto& gateway : given_up)
        release_gateway(gateway);
}

std::vector<PlannedRoute> PlanPass::routes_of(const TableName& name, std::uint32_t vni,
                                              std::vector<GatewayName>& gateways)
{
    if (name.name == kArrivals)
        return arrivals(name.vpc);

    std::vector<PlannedRoute> routes;
    for (auto& route : effective_routes(model_, name.vpc, name.name)) {
        std::uint32_t next_hop = 0;
        if (const auto* interface = route.kind == ROUTE_INTERFACE ? model_.find<Interface>(route.target) : nullptr)
            next_hop = state_.next_hops.find(endpoint_key_of(vni, interface->address)).value_or(0);
        if (route.kind == ROUTE_NAT_GATEWAY)
            next_hop = acquire_nat_hop(name, route, vni, gateways);
        routes.push_back({std::move(route), next_hop});
    }
    return routes;
}

// The main table wins a conflict, then the order of names.
std::vector<PlannedRoute> PlanPass::arrivals(const std::string& vpc) const
{
    std::map<Prefix, PlannedRoute> routes;
    for (const auto* table : route_tables(model_, vpc))
        for (const auto& [destination, next_hop] : table->routes) {
            const auto interface = state_.interfaces.find(next_hop.interface);
            if (interface == state_.interfaces.end() || !interface->second.local || *interface->second.vpc != vpc)
                continue;
            const EffectiveRoute route{destination, EffectiveRoute::Type::Custom, ROUTE_INTERFACE,
                                       next_hop.interface};
            routes.try_emplace(destination, PlannedRoute{route, interface->second.primary_slot()});
        }

    std::vector<PlannedRoute> sorted;
    for (auto& [destination, route] : routes)
        sorted.push_back(std::move(route));
    return sorted;
}

} // namespace vpcd
