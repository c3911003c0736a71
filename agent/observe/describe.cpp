// Descriptions of instances' cards and of the hosts they run on.
#include "observe/describe.h"

#include <algorithm>

#include "observe/json.h"
#include "observe/publics.h"
#include "observe/related.h"
#include "observe/resources.h"
#include "observe/rules.h"

namespace vpcd {

namespace json = boost::json;

namespace {

// What this host's kernel counted for one interface. A kernel that cannot be asked is told of, in place of numbers.
void add_counts(const Views& views, const std::string& interface, json::object& answer)
{
    if (const auto counters = views.interface_counters(); !counters) {
        answer["counters"] = {{"error", counters.error().text()}};
    } else if (const auto own = std::ranges::find(*counters, interface, &InterfaceCounters::interface);
               own != counters->end()) {
        answer["counters"] = to_json(*own);
    }
    auto drops = views.drop_counts();
    if (!drops) {
        answer["drops"] = {{"error", drops.error().text()}};
        return;
    }
    std::erase_if(*drops, [&](const DropCount& each) { return each.interface != interface; });
    answer["drops"] = to_json_array(*drops);
}

} // namespace

Answer<json::value> describe_resource(const Views& views, std::string_view kind, std::string_view name)
{
    const auto resource = find_resource(views.model(), kind, name);
    if (!resource)
        return std::unexpected(resource.error());
    json::object answer = resource_object(views, *resource);
    std::visit([&](const auto& value) { explain(views, value, answer); }, *resource);
    return answer;
}

void explain(const Views& views, const Interface& interface, json::object& answer)
{
    const Model& model = views.model();
    const Subnet* subnet = model.subnet_of(interface);
    const Vpc* vpc = model.vpc_of(interface);
    if (subnet != nullptr && vpc != nullptr) {
        const std::string table = effective_table(model, *subnet);
        answer["network"] = {{"vpc", vpc->name},
                             {"vni", vpc->vni},
                             {"subnet", subnet->name},
                             {"cidr", to_string(subnet->cidr)},
                             {"gateway", to_string(subnet->gateway())},
                             {"zone", subnet->zone},
                             {"routeTable", table},
                             {"networkAcl", subnet->network_acl}};
        answer["effectiveRoutes"] = to_json_array(effective_routes(model, vpc->name, table));
    }
    add_effective_rules(views, interface, answer);
    answer["routesToIt"] = routes_to(model, interface.name);
    json::array& publics = answer["publicAddresses"].emplace_array();
    model.for_each_referrer<ElasticIp>({Interface::kKind, interface.name}, [&](const ElasticIp& elastic) {
        publics.push_back({{"name", elastic.name},
                           {"address", to_string(elastic.address)},
                           {"standsFor", to_string(elastic.private_address_of(interface))},
                           {"state", state_of(model, elastic)}});
    });
    add_counts(views, interface.name, answer);
}

void explain(const Views& views, const ElasticIp& elastic, json::object& answer)
{
    add_public(views, elastic, answer);
}

void explain(const Views& views, const NatGateway& gateway, json::object& answer)
{
    add_public(views, gateway, answer);
    json::array& tables = answer["routesToIt"].emplace_array();
    for (const auto& name : views.model().referrers<RouteTable>(id_of(gateway)))
        tables.emplace_back(name);
}

void explain(const Views& views, const LoadBalancer& balancer, json::object& answer)
{
    add_public(views, balancer, answer);
}

void explain(const Views& views, const Host& host, json::object& answer)
{
    const Status status = views.status();
    if (host.name == status.host)
        answer["peer"] = {{"state", "this host"}};
    else if (const auto peer = std::ranges::find(status.peers, host.name, &PeerView::host);
             peer != status.peers.end())
        answer["peer"] = to_json(*peer);
    answer["tunnelOverhead"] = overhead(host.encapsulation);
    add_interfaces(views, views.model().referrers<Interface>({Host::kKind, host.name}), answer);
}

} // namespace vpcd
