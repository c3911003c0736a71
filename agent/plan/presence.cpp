#include <map>
#include <optional>

#include "plan/outside.h"
#include "plan/scope.h"

namespace vpcd {

namespace {

std::optional<LocalPlace> place_of(const PlannerState& state, const Model& model, const std::string& name)
{
    const auto* interface = model.find<Interface>(name);
    if (!interface || interface->host != state.options.host)
        return std::nullopt;
    const auto* vpc = model.vpc_of(*interface);
    if (!vpc)
        return std::nullopt;
    return LocalPlace{vpc->name, interface->subnet, interface->device};
}

void set_place(PlannerState& state, const std::string& name, const std::optional<LocalPlace>& place)
{
    if (const auto old = state.locals.find(name); old != state.locals.end()) {
        remove_member(state.locals_by_vpc, old->second.vpc, name);
        remove_member(state.locals_by_subnet, old->second.subnet, name);
        remove_member(state.locals_by_device, old->second.device, name);
        state.locals.erase(old);
    }
    if (place) {
        add_member(state.locals_by_vpc, place->vpc, name);
        add_member(state.locals_by_subnet, place->subnet, name);
        add_member(state.locals_by_device, place->device, name);
        state.locals.emplace(name, *place);
    }
}

std::string served_vpc(const PlannerState& state, const Model& model, const std::string& name)
{
    const auto* elastic = model.find<ElasticIp>(name);
    const auto* interface = elastic ? model.find<Interface>(elastic->interface) : nullptr;
    const auto* vpc = interface ? model.vpc_of(*interface) : nullptr;
    return vpc && serving_host(model, *elastic) == state.options.host ? vpc->name : std::string{};
}

std::string nat_vpc(const PlannerState& state, const Model& model, const std::string& name)
{
    const auto* gateway = model.find<NatGateway>(name);
    const bool is_here = gateway && is_served_by(*gateway, state.options.host) && model.find<Vpc>(gateway->vpc);
    return is_here ? gateway->vpc : std::string{};
}

std::string balanced_vpc(const PlannerState& state, const Model& model, const std::string& name)
{
    const auto* balancer = model.find<LoadBalancer>(name);
    const bool is_here = balancer && balancer->host == state.options.host && model.find<Vpc>(balancer->vpc);
    return is_here ? balancer->vpc : std::string{};
}

void set_served(std::map<std::string, std::string>& served, Members& by_vpc, const std::string& name,
                const std::string& vpc)
{
    if (const auto old = served.find(name); old != served.end()) {
        remove_member(by_vpc, old->second, name);
        served.erase(old);
    }
    if (!vpc.empty()) {
        add_member(by_vpc, vpc, name);
        served.emplace(name, vpc);
    }
}

} // namespace

void settle_presence(Scope& scope, PlannerState& state, const Model& model, bool is_declared)
{
    std::map<std::string, bool> vpcs; // had a local interface before
    std::map<std::string, bool> subnets;
    const auto remember = [&](const LocalPlace& place) {
        vpcs.try_emplace(place.vpc, state.is_present(place.vpc));
        subnets.try_emplace(place.subnet, state.locals_by_subnet.contains(place.subnet));
    };

    for (const auto& name : scope.interfaces) {
        const auto place = is_declared ? place_of(state, model, name) : std::nullopt;
        const auto old = state.locals.find(name);
        if (!place && old == state.locals.end())
            continue;
        if (old != state.locals.end())
            remember(old->second);
        if (place)
            remember(*place);
        set_place(state, name, place);
    }

    const auto settle = [&](auto& served, Members& by_vpc, const std::string& name, const std::string& vpc) {
        if (const auto old = served.find(name); old != served.end())
            vpcs.try_emplace(old->second, state.is_present(old->second));
        if (!vpc.empty())
            vpcs.try_emplace(vpc, state.is_present(vpc));
        set_served(served, by_vpc, name, vpc);
    };
    for (const auto& name : scope.elastics)
        settle(state.served, state.served_by_vpc, name, is_declared ? served_vpc(state, model, name) : std::string{});
    for (const auto& name : scope.nats)
        settle(state.served_nats, state.nats_by_vpc, name, is_declared ? nat_vpc(state, model, name) : std::string{});

    for (const auto& name : scope.services)
        settle(state.served_services, state.served_services_by_vpc, name,
               is_declared ? balanced_vpc(state, model, name) : std::string{});

    for (const auto& [vpc, was_present] : vpcs)
        if (state.is_present(vpc) != was_present)
            include_vpc(scope, state, model, vpc);
    for (const auto& [subnet, had_locals] : subnets)
        if (state.locals_by_subnet.contains(subnet) != had_locals)
            scope.subnets.insert(subnet);
}

} // namespace vpcd
