// Relations between resources.
#include "observe/related.h"

#include <algorithm>

#include "plan/effective_routes.h"

namespace vpcd {

namespace json = boost::json;

namespace {

constexpr std::size_t kShown = 500;

} // namespace

std::vector<std::string> subnets_of(const Model& model, const std::string& vpc)
{
    return model.referrers<Subnet>({Vpc::kKind, vpc});
}

std::vector<std::string> interfaces_in(const Model& model, const Subnet& subnet)
{
    return model.referrers<Interface>({Subnet::kKind, subnet.name});
}

std::vector<std::string> subnets_bound_to(const Model& model, const RouteTable& table)
{
    auto names = subnets_of(model, table.vpc);
    const std::string wanted = effective_table(table);
    std::erase_if(
        names, [&](const std::string& name) { return effective_table(model, *model.find<Subnet>(name)) != wanted; });
    return names;
}

json::array routes_to(const Model& model, const std::string& interface)
{
    json::array found;
    for (const std::string& name : model.referrers<RouteTable>({Interface::kKind, interface}))
        for (const Route& route : model.find<RouteTable>(name)->routes)
            if (route.next_hop.interface == interface)
                found.push_back({{"routeTable", name}, {"destination", to_string(route.destination)}});
    return found;
}

void add_interfaces(const Views& views, const std::vector<std::string>& names, json::object& answer)
{
    json::array& rows = answer["interfaces"].emplace_array();
    const std::size_t shown = std::min(names.size(), kShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const Interface& interface = *views.model().find<Interface>(names[i]);
        rows.push_back({{"name", interface.name},
                        {"address", to_string(interface.address)},
                        {"host", interface.host},
                        {"device", interface.device},
                        {"state", views.interface_state(interface.name).state}});
    }
    if (shown < names.size())
        answer["interfacesNotShown"] = names.size() - shown;
}

} // namespace vpcd
