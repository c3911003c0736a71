#include "plan/effective_routes.h"

#include <algorithm>
#include <map>

namespace vpcd {

namespace {

EffectiveRoute custom(const Route& route)
{
    if (route.next_hop.blackhole)
        return {route.destination, EffectiveRoute::Type::Custom, ROUTE_BLACKHOLE, {}};
    if (!route.next_hop.nat_gateway.empty())
        return {route.destination, EffectiveRoute::Type::Custom, ROUTE_NAT_GATEWAY, route.next_hop.nat_gateway};
    return {route.destination, EffectiveRoute::Type::Custom, ROUTE_INTERFACE, route.next_hop.interface};
}

} // namespace

std::string effective_table(const RouteTable& declared)
{
    return declared.main ? std::string{RouteTable::kMainName} : declared.name;
}

std::string effective_table(const Model& model, const Subnet& subnet)
{
    const auto* declared = model.find<RouteTable>(subnet.route_table);
    return declared ? effective_table(*declared) : subnet.route_table;
}

std::vector<const RouteTable*> route_tables(const Model& model, const std::string& vpc)
{
    std::vector<const RouteTable*> tables;
    for (const auto& name : model.referrers<RouteTable>({Vpc::kKind, vpc}))
        if (const auto* table = model.find<RouteTable>(name))
            tables.push_back(table);
    std::ranges::sort(tables, {}, [](const RouteTable* table) { return std::pair(!table->main, table->name); });
    return tables;
}

std::vector<EffectiveRoute> effective_routes(const Model& model, const std::string& vpc, const std::string& table)
{
    std::map<Prefix, EffectiveRoute> routes;
    for (const auto* declared : route_tables(model, vpc))
        if (effective_table(*declared) == table)
            for (const auto& route : declared->routes)
                routes.try_emplace(route.destination, custom(route));

    routes.try_emplace(kServiceBlock, EffectiveRoute{kServiceBlock, EffectiveRoute::Type::System, ROUTE_SERVICE, {}});
    for (const auto& name : model.referrers<Subnet>({Vpc::kKind, vpc}))
        if (const auto* subnet = model.find<Subnet>(name))
            routes.try_emplace(subnet->cidr,
                               EffectiveRoute{subnet->cidr, EffectiveRoute::Type::System, ROUTE_SUBNET, name});

    std::vector<EffectiveRoute> sorted;
    for (auto& [destination, route] : routes)
        sorted.push_back(std::move(route));
    return sorted;
}

std::string target_text(const EffectiveRoute& route)
{
    std::string text{name_of(route.kind)};
    if (!route.target.empty())
        text += " " + route.target;
    return text;
}

std::string_view name_of(::route_kind kind)
{
    switch (kind) {
#define X(id, name)                                                                                                  \
    case ROUTE_##id:                                                                                                 \
        return name;
        VPCD_ROUTE_KINDS(X)
#undef X
    }
    return "unknown";
}

} // namespace vpcd
