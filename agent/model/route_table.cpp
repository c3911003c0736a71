#include "model/route_table.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

void check_destination(const std::string& path, const Prefix& destination, RuleContext& context)
{
    if (context.check_family(path, destination) && kServiceBlock.contains(destination))
        context.report(path, fmt::format("destination {} is inside {}, which is kept for services (S2, System route "
                                         "entries)",
                                         to_string(destination), to_string(kServiceBlock)));
}

void check_next_hop(const std::string& path, const NextHop& hop, const RouteTable& table, RuleContext& context)
{
    std::vector<std::string_view> members;
    if (!hop.interface.empty())
        members.emplace_back("interface");
    if (!hop.nat_gateway.empty())
        members.emplace_back("natGateway");
    if (hop.blackhole)
        members.emplace_back("blackhole");
    if (members.size() != 1) {
        const auto found = members.empty() ? "is none" : fmt::format("are {}", fmt::join(members, " and "));
        context.report(path, fmt::format("a next hop is one of 'interface', 'natGateway' and 'blackhole: true'; here "
                                         "{}",
                                         found));
        return;
    }
    const Interface* interface = context.model().find<Interface>(hop.interface);
    const Subnet* subnet = interface ? context.model().subnet_of(*interface) : nullptr;
    if (subnet && subnet->vpc != table.vpc)
        context.report(path + ".interface",
                       fmt::format("interface {} ({}) is in VPC {}, not in {}; a next hop is in the table's own VPC "
                                   "(S2, Route entry)",
                                   interface->name, context.place(id_of(*interface)), subnet->vpc, table.vpc));
    const NatGateway* gateway = context.model().find<NatGateway>(hop.nat_gateway);
    if (gateway && gateway->vpc != table.vpc)
        context.report(
            path + ".natGateway",
            fmt::format("NAT gateway {} ({}) is in VPC {}, not in {}; a next hop is in the table's own VPC "
                        "(S2, Route entry)",
                        gateway->name, context.place(id_of(*gateway)), gateway->vpc, table.vpc));
}

void check_quotas(const RouteTable& table, RuleContext& context)
{
    const auto& quotas = context.quotas();
    if (!table.main && context.rank(table) + 1 >= quotas.route_tables_per_vpc)
        context.report({},
                       fmt::format("route table {} is one too many: a VPC has at most {}, its main table included "
                                   "(S2, Route table; quotas.routeTablesPerVpc)",
                                   table.name, quotas.route_tables_per_vpc));
    if (table.routes.size() > quotas.custom_routes_per_table)
        context.report(fmt::format("routes[{}]", quotas.custom_routes_per_table),
                       fmt::format("route table {} has {} custom routes; a table has at most {} "
                                   "(quotas.customRoutesPerTable)",
                                   table.name, table.routes.size(), quotas.custom_routes_per_table));
}

} // namespace

void check(const RouteTable& table, RuleContext& context)
{
    if (table.name == RouteTable::kMainName)
        context.report("name",
                       "'main' means the VPC's own main table; give this one another name and 'main: true' to "
                       "add routes to that");
    check_quotas(table, context);

    std::map<Prefix, std::string> seen;
    for (std::size_t i = 0; i < table.routes.size(); ++i) {
        const auto path = fmt::format("routes[{}]", i);
        const auto& route = table.routes[i];
        check_destination(path + ".destination", route.destination, context);
        check_next_hop(path + ".nextHop", route.next_hop, table, context);
        const auto [first, is_new] = seen.emplace(route.destination, path + ".destination");
        if (!is_new)
            context.report(path + ".destination",
                           fmt::format("destination {} is already at {}; a table has one route per destination",
                                       to_string(route.destination), context.place(id_of(table), first->second)));
    }
}

Claims claims(const RouteTable& table, const Model&)
{
    if (!table.main)
        return {};
    return {{.noun = "the main route table",
             .within = " of VPC ",
             .scope = table.vpc,
             .field = "main",
             .rule = "one RouteTable of a VPC has 'main: true' (S2, Route table)"}};
}

} // namespace vpcd
