#include "observe/publics.h"

#include <map>

#include <fmt/format.h>
#include <netinet/in.h>

#include "observe/json.h"
#include "observe/words.h"
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

namespace {

// "node-b"; of several: "node-b (ports 1024-33279), node-c (ports 33280-65535)".
std::string serving_text(const NatGateway& gateway)
{
    if (gateway.hosts.size() == 1)
        return gateway.hosts.front().name;
    const auto slices = slices_of(gateway);
    std::string text;
    for (std::size_t i = 0; i < slices.size(); ++i)
        text += fmt::format("{}{} (ports {})", i == 0 ? "" : ", ", gateway.hosts[i].name, to_string(slices[i]));
    return text;
}

json::object to_json(const Views& views, const Address& address, std::string_view use)
{
    json::object object{{"address", to_string(address)}, {"use", use}};
    const auto known = views.public_use(address);
    if (!known) {
        object["error"] = known.error().text();
    } else if (*known) {
        object["connections"] = (*known)->connections;
        object["counters"] = vpcd::to_json((*known)->counters);
    }
    return object;
}

} // namespace

void add_public(const Views& views, const NatGateway& gateway, json::object& answer)
{
    answer["servedBy"] = serving_text(gateway);
    std::map<Address, std::string_view> uses;
    for (const auto& entry : gateway.snat)
        for (const auto& address : entry.addresses)
            uses.emplace(address, "snat");
    for (const auto& entry : gateway.dnat)
        uses.emplace(entry.address, entry.is_whole() ? "whole" : "dnat");
    json::array& addresses = answer["addresses"].emplace_array();
    for (const auto& [address, use] : uses)
        addresses.push_back(to_json(views, address, use));
}

void add_public(const Views& views, const LoadBalancer& balancer, json::object& answer)
{
    answer["servedBy"] = balancer.is_public() ? balancer.host : "the hosts of its clients";
    const auto uses = views.balancer_use(balancer);
    if (!uses) {
        answer["error"] = uses.error().text();
        return;
    }
    json::array& backends = answer["backends"].emplace_array();
    for (const auto& use : *uses) {
        const auto* owner = interface_at(use.address, balancer.vpc, views.model());
        json::object backend({{"protocol", use.protocol == IPPROTO_TCP ? "tcp" : "udp"},
                              {"port", use.port},
                              {"interface", owner ? owner->name : std::string{}},
                              {"address", to_string(use.address)},
                              {"connections", use.connections},
                              {"counters", to_json(use.counters)}});
        if (use.health) {
            auto& health = backend["health"].emplace_object();
            health = {{"state", use.health->state}, {"reason", use.health->reason}};
            if (use.health->since != 0)
                health["since"] = to_rfc3339(use.health->since);
        }
        backends.push_back(std::move(backend));
    }
}

} // namespace vpcd
