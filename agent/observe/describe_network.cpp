// Descriptions of VPCs, subnets, route tables, and of what guards them.
#include <algorithm>
#include <iterator>
#include <map>

#include "observe/describe.h"
#include "observe/json.h"
#include "observe/related.h"
#include "observe/rules.h"

namespace vpcd {

namespace json = boost::json;

namespace {

json::value summary(const Model& model, const Subnet& subnet)
{
    return {{"name", subnet.name},
            {"cidr", to_string(subnet.cidr)},
            {"zone", subnet.zone},
            {"routeTable", effective_table(model, subnet)},
            {"interfaces", interfaces_in(model, subnet).size()}};
}

// Several documents may add to the main table, which is there without any.
std::size_t custom_routes(const Model& model, const std::string& vpc, const std::string& table)
{
    std::size_t count = 0;
    for (const RouteTable* declared : route_tables(model, vpc))
        if (effective_table(*declared) == table)
            count += declared->routes.size();
    return count;
}

json::array tables_of(const Model& model, const std::string& vpc)
{
    std::map<std::string, std::uint64_t> subnets{{std::string{RouteTable::kMainName}, 0}};
    for (const RouteTable* declared : route_tables(model, vpc))
        subnets.try_emplace(effective_table(*declared), 0);
    for (const std::string& name : subnets_of(model, vpc))
        ++subnets[effective_table(model, *model.find<Subnet>(name))];
    json::array tables;
    for (const auto& [name, count] : subnets)
        tables.push_back({{"name", name}, {"customRoutes", custom_routes(model, vpc, name)}, {"subnets", count}});
    return tables;
}

std::uint64_t size_of(const Prefix& block)
{
    return std::uint64_t{1} << (128 - block.mapped_length());
}

std::uint64_t used_addresses(const Model& model, const Subnet& subnet)
{
    std::uint64_t used = 0;
    for (const std::string& name : interfaces_in(model, subnet)) {
        const Interface& interface = *model.find<Interface>(name);
        used += 1 + std::ranges::count_if(interface.secondary_addresses,
                                          [&](const Address& address) { return subnet.cidr.contains(address); });
    }
    return used;
}

} // namespace

void explain(const Views& views, const Vpc& vpc, json::object& answer)
{
    const Model& model = views.model();
    const auto names = subnets_of(model, vpc.name);
    json::array& subnets = answer["subnets"].emplace_array();
    std::vector<std::string> interfaces;
    for (const std::string& name : names) {
        const Subnet& subnet = *model.find<Subnet>(name);
        subnets.push_back(summary(model, subnet));
        std::ranges::move(interfaces_in(model, subnet), std::back_inserter(interfaces));
    }

    answer["routeTables"] = tables_of(model, vpc.name);
    answer["quota"] = {{"routeTables", answer["routeTables"].get_array().size()},
                       {"routeTablesAllowed", views.quotas().route_tables_per_vpc},
                       {"customRoutesAllowedPerTable", views.quotas().custom_routes_per_table}};
    add_interfaces(views, interfaces, answer);
}

void explain(const Views& views, const Subnet& subnet, json::object& answer)
{
    const Model& model = views.model();
    constexpr std::uint64_t kReserved = 4; // the network's, the gateway's and the two above it
    const std::uint64_t total = size_of(subnet.cidr);
    const std::uint64_t used = used_addresses(model, subnet);
    const Vpc* vpc = model.find<Vpc>(subnet.vpc);
    answer["network"] = {{"vpc", subnet.vpc},
                         {"vni", vpc != nullptr ? vpc->vni : 0},
                         {"gateway", to_string(subnet.gateway())},
                         {"routeTable", effective_table(model, subnet)}};
    answer["addresses"] = {
        {"total", total}, {"reserved", kReserved}, {"used", used}, {"free", total - kReserved - used}};
    answer["effectiveRoutes"] = to_json_array(effective_routes(model, subnet.vpc, effective_table(model, subnet)));
    add_interfaces(views, interfaces_in(model, subnet), answer);
}

// Builtin groups have members too, but are in no index.
void explain(const Views& views, const SecurityGroup& group, json::object& answer)
{
    add_rules(views, group, answer);
    if (!builtin_group(group.name))
        add_interfaces(views, views.model().referrers<Interface>({SecurityGroup::kKind, group.name}), answer);
}

void explain(const Views& views, const NetworkAcl& acl, json::object& answer)
{
    add_rules(views, acl, answer);
    json::array& subnets = answer["subnets"].emplace_array();
    for (const std::string& name : views.model().referrers<Subnet>({NetworkAcl::kKind, acl.name}))
        subnets.push_back(summary(views.model(), *views.model().find<Subnet>(name)));
}

void explain(const Views& views, const RouteTable& table, json::object& answer)
{
    const Model& model = views.model();
    json::array& subnets = answer["subnets"].emplace_array();
    for (const std::string& subnet : subnets_bound_to(model, table))
        subnets.push_back(summary(model, *model.find<Subnet>(subnet)));
    answer["quota"] = {{"customRoutes", custom_routes(model, table.vpc, effective_table(table))},
                       {"customRoutesAllowed", views.quotas().custom_routes_per_table}};
    answer["effectiveRoutes"] = to_json_array(effective_routes(model, table.vpc, effective_table(table)));
}

} // namespace vpcd
