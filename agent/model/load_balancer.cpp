#include "model/load_balancer.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr unsigned kMostPort = 65535;

std::string item_path(std::string_view list, std::size_t index, std::string_view key = {})
{
    return fmt::format("{}[{}]{}{}", list, index, key.empty() ? "" : ".", key);
}

void check_length(std::string_view list, std::size_t length, std::size_t most, RuleContext& context)
{
    if (length > most)
        context.report(item_path(list, most),
                       fmt::format("a load balancer has at most {} '{}'; here are {}", most, list, length));
}

// In a subnet it is an address like an instance's.
void check_private_address(const LoadBalancer& balancer, RuleContext& context)
{
    const Address& address = balancer.address;
    const Subnet* subnet = context.model().find<Subnet>(balancer.subnet);
    if (!context.check_family("address", address) || !subnet)
        return;
    if (subnet->vpc != balancer.vpc)
        context.report("subnet",
                       fmt::format("subnet {} ({}) is in VPC {}, not in {}; a load balancer is in a subnet of its "
                                   "own VPC",
                                   subnet->name, context.place(id_of(*subnet)), subnet->vpc, balancer.vpc));
    check_in_subnet("address", address, *subnet, context);
}

void check_address(const LoadBalancer& balancer, RuleContext& context)
{
    if (balancer.host.empty() == balancer.subnet.empty())
        context.report(
            {}, fmt::format("load balancer {} has {}; an address of the Internet has 'host', which serves it, "
                            "one of the VPC has 'subnet'",
                            balancer.name,
                            balancer.host.empty() ? "neither 'host' nor 'subnet'" : "both 'host' and 'subnet'"));
    if (balancer.is_public()) {
        check_public_address("address", balancer.address, context.model().find<Vpc>(balancer.vpc), context);
        check_external("host", balancer.host, context);
    } else {
        check_private_address(balancer, context);
        if (balancer.direct_return)
            context.report("directReturn", "'directReturn' is about answers to the Internet; a load balancer in "
                                           "a 'subnet' has no clients there");
    }
}

void check_port(const std::string& path, std::string_view key, unsigned port, RuleContext& context)
{
    if (port == 0 || port > kMostPort)
        context.report(path, fmt::format("'{}' is 1 to {}; here it is {}", key, kMostPort, port));
}

void check_listeners(const LoadBalancer& balancer, RuleContext& context)
{
    std::map<std::pair<NatProtocol, unsigned>, std::size_t> seen;
    check_length("listeners", balancer.listeners.size(), LoadBalancer::kMostListeners, context);
    for (std::size_t i = 0; i < balancer.listeners.size(); ++i) {
        const BalancedPort& listener = balancer.listeners[i];
        check_port(item_path("listeners", i, "port"), "port", listener.port, context);
        if (listener.backend_port)
            check_port(item_path("listeners", i, "backendPort"), "backendPort", *listener.backend_port, context);
        if (listener.health_check)
            check(*listener.health_check, item_path("listeners", i, "healthCheck"), context);
        const auto [first, is_new] = seen.emplace(std::pair{listener.protocol, listener.port}, i);
        if (!is_new)
            context.report(
                item_path("listeners", i, "port"),
                fmt::format("{} port {} has a listener at {}; a port has one", word_of(listener.protocol),
                            listener.port,
                            context.place(id_of(balancer), item_path("listeners", first->second, "port"))));
    }
}

void check_backends(const LoadBalancer& balancer, RuleContext& context)
{
    std::map<std::string_view, std::size_t> seen;
    check_length("backends", balancer.backends.size(), LoadBalancer::kMostBackends, context);
    for (std::size_t i = 0; i < balancer.backends.size(); ++i) {
        const auto& [name, weight] = balancer.backends[i];
        const auto path = item_path("backends", i, "interface");
        const Interface* interface = context.model().find<Interface>(name);
        const Subnet* subnet = interface ? context.model().subnet_of(*interface) : nullptr;
        if (subnet && subnet->vpc != balancer.vpc)
            context.report(path,
                           fmt::format("interface {} ({}) is in VPC {}, not in {}; a load balancer has backends of "
                                       "its own VPC",
                                       name, context.place(id_of(*interface)), subnet->vpc, balancer.vpc));
        if (weight > Backend::kFullWeight)
            context.report(item_path("backends", i, "weight"),
                           fmt::format("'weight' is 0 to {}; here it is {}", Backend::kFullWeight, weight));
        const auto [first, is_new] = seen.emplace(name, i);
        if (!is_new)
            context.report(
                path, fmt::format("interface {} is a backend already at {}; it is one once", name,
                                  context.place(id_of(balancer), item_path("backends", first->second, "interface"))));
    }
}

void check_clients(const LoadBalancer& balancer, RuleContext& context)
{
    std::set<Prefix> seen;
    check_length("clients", balancer.clients.size(), LoadBalancer::kMostClients, context);
    for (std::size_t i = 0; i < balancer.clients.size(); ++i)
        if (context.check_family(item_path("clients", i), balancer.clients[i]) &&
            !seen.insert(balancer.clients[i]).second)
            context.report(item_path("clients", i),
                           fmt::format("{} is listed twice", to_string(balancer.clients[i])));
}

} // namespace

const std::vector<std::pair<std::string_view, Scheduler>>& names(Scheduler)
{
    static const std::vector<std::pair<std::string_view, Scheduler>> kNames{
        {"round-robin", Scheduler::RoundRobin},
        {"weighted-round-robin", Scheduler::WeightedRoundRobin},
        {"least-connections", Scheduler::LeastConnections},
        {"source-hash", Scheduler::SourceHash},
    };
    return kNames;
}

void check(const LoadBalancer& balancer, RuleContext& context)
{
    check_address(balancer, context);
    check_listeners(balancer, context);
    check_backends(balancer, context);
    check_clients(balancer, context);
}

Claims claims(const LoadBalancer& balancer, const Model&)
{
    if (balancer.is_public())
        return {public_address_claim(balancer.address)};
    Claim claim = private_address_claim(balancer.address, balancer.vpc);
    claim.rule = "an address of a VPC belongs to one interface or load balancer";
    return {claim};
}

} // namespace vpcd
