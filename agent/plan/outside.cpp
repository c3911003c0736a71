#include "plan/outside.h"

#include <algorithm>

#include "base/hash.h"

namespace vpcd {

std::string serving_host(const Model& model, const ElasticIp& elastic)
{
    const auto* interface = model.find<Interface>(elastic.interface);
    if (!interface)
        return {};
    const auto* host = model.find<Host>(interface->host);
    return host && host->has_external() ? host->name : elastic.host;
}

std::string serving_host(const Model& model, const Address& address, const std::string& vpc)
{
    const auto gateways = model.claimants(whole_mapping_claim(address, vpc));
    const auto* gateway = gateways.empty() ? nullptr : model.find<NatGateway>(gateways.begin()->name);
    return gateway ? gateway->hosts.front().name : std::string{};
}

std::string leaving_host(const NatGateway& gateway, const std::string& host)
{
    if (is_served_by(gateway, host))
        return host;
    const auto weight = [&](const NatHost& candidate) {
        return fnv1a(host, fnv1a(candidate.name)) * std::uint64_t{0x9e3779b97f4a7c15};
    };
    return std::ranges::max_element(gateway.hosts, {}, weight)->name;
}

std::string returning_host(const Model& model, const LoadBalancer& balancer, const Backend& backend)
{
    const auto* interface = balancer.direct_return ? model.find<Interface>(backend.interface) : nullptr;
    const auto* host = interface ? model.find<Host>(interface->host) : nullptr;
    return host && host->has_external() ? host->name : std::string{};
}

bool has_publics(const Model& model)
{
    return !model.all<ElasticIp>().empty() || !model.all<NatGateway>().empty() || !model.all<LoadBalancer>().empty();
}

WhollyMapped wholly_mapped(const NatGateway& gateway)
{
    WhollyMapped mapped{.vpc = gateway.vpc, .addresses = {}};
    for (const auto& entry : gateway.dnat)
        if (entry.is_whole())
            mapped.addresses.push_back(entry.to);
    return mapped;
}

} // namespace vpcd
