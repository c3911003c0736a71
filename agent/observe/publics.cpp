#include "observe/publics.h"

#include "observe/json.h"
#include "plan/outside.h"

namespace vpcd {

namespace json = boost::json;

std::string state_of(const Model& model, const ElasticIp& elastic)
{
    if (elastic.interface.empty())
        return "bound to nothing";
    const auto host = serving_host(model, elastic);
    if (host.empty())
        return "served by nobody: " + elastic.interface + " is placed nowhere";
    return "served by " + host;
}

void add_public(const Views& views, const ElasticIp& elastic, json::object& answer)
{
    const Model& model = views.model();
    const auto* interface = model.find<Interface>(elastic.interface);
    if (!interface)
        return;
    answer["servedBy"] = serving_host(model, elastic);
    answer["standsFor"] = to_string(elastic.private_address_of(*interface));
    if (const auto* vpc = model.vpc_of(*interface))
        answer["vpc"] = vpc->name;
    const auto counters = views.public_counters(elastic.name);
    if (!counters)
        answer["counters"] = {{"error", counters.error().text()}};
    else if (*counters)
        answer["counters"] = to_json(**counters);
}

} // namespace vpcd
