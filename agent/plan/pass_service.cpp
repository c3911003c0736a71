// Load balancers: the rows of those this host plays, and the gateways of the public ones that its instances answer
// for.
#include <algorithm>

#include <fmt/format.h>

#include "plan/outside.h"
#include "plan/pass.h"

namespace vpcd {

namespace {

std::uint16_t scheduler_of(Scheduler scheduler)
{
    switch (scheduler) {
    case Scheduler::LeastConnections:
        return SCHEDULER_LEAST_CONNECTIONS;
    case Scheduler::SourceHash:
        return SCHEDULER_SOURCE_HASH;
    case Scheduler::RoundRobin:
    case Scheduler::WeightedRoundRobin:
        break;
    }
    return SCHEDULER_ROUND_ROBIN;
}

} // namespace

void PlanPass::plan_services()
{
    for (const auto& name : scope_.services)
        plan_service(name);
}

void PlanPass::plan_service(const std::string& name)
{
    std::vector<GatewayName> given_up;
    state_.starved_services.erase(name);
    if (const auto old = state_.services.find(name); old != state_.services.end()) {
        released_publics_.insert(released_publics_.end(), old->second.public_names.begin(),
                                 old->second.public_names.end());
        released_services_.insert(released_services_.end(), old->second.service_names.begin(),
                                  old->second.service_names.end());
        given_up = old->second.gateways;
        remove_member(state_.services_by_vpc, old->second.vpc, name);
    }
    auto wanted = desired_service(name);
    if (wanted)
        add_member(state_.services_by_vpc, wanted->vpc, name);
    replace(state_.services, name, std::move(wanted));
    for (const auto& gateway : given_up)
        release_gateway(gateway);
}

std::optional<PlannedService> PlanPass::desired_service(const std::string& name)
{
    const auto* balancer = model_.find<LoadBalancer>(name);
    const auto* vpc = balancer ? present_vpc(balancer->vpc) : nullptr;
    if (!vpc)
        return std::nullopt;

    const bool is_guest = balancer->is_public() && balancer->host != state_.options.host;
    PlannedService planned{.vpc = vpc->name,
                           .vni = vpc->vni,
                           .generation = 0,
                           .is_here = plays(*balancer),
                           .is_guest = is_guest,
                           .is_public = balancer->is_public(),
                           .is_announced = balancer->announce == Announce::Arp,
                           .public_id = 0,
                           .address = balancer->address,
                           .clients = balancer->clients,
                           .listeners = {},
                           .gateways = {},
                           .service_names = {},
                           .public_names = {}};
    if (const auto acquired = acquire_service(planned, *balancer); !acquired) {
        released_publics_.insert(released_publics_.end(), planned.public_names.begin(), planned.public_names.end());
        released_services_.insert(released_services_.end(), planned.service_names.begin(),
                                  planned.service_names.end());
        for (const auto& gateway : planned.gateways)
            release_gateway(gateway);
        state_.starved_services.insert(name);
        report(id_of(*balancer), acquired.error());
        return std::nullopt;
    }
    planned.generation = content_hash(planned);
    return planned;
}

// Each host one of the VPC; a public one the host of its address, and those that answer the Internet for their own
// instances.
bool PlanPass::plays(const LoadBalancer& balancer) const
{
    const auto answers_here = [&](const Backend& backend) {
        return returning_host(model_, balancer, backend) == state_.options.host;
    };
    return !balancer.is_public() || balancer.host == state_.options.host ||
           std::ranges::any_of(balancer.backends, answers_here);
}

Result<void> PlanPass::acquire_service(PlannedService& planned, const LoadBalancer& balancer)
{
    if (planned.is_guest)
        if (auto way = acquire_way_to(planned, balancer); !way)
            return way;
    return planned.is_here ? acquire_listeners(planned, balancer) : Result<void>{};
}

// Answers go back to the host that serves its address.
Result<void> PlanPass::acquire_way_to(PlannedService& planned, const LoadBalancer& balancer)
{
    const GatewayName gateway{planned.vni, balancer.host};
    if (const auto slot = acquire_gateway(gateway); !slot)
        return fail(slot.error());
    planned.gateways.push_back(gateway);
    return {};
}

Result<std::uint32_t> PlanPass::acquire_public(PlannedService& planned, std::string name)
{
    const auto id = state_.public_ids.acquire(name);
    if (id)
        planned.public_names.push_back(std::move(name));
    return id;
}

Result<void> PlanPass::acquire_listeners(PlannedService& planned, const LoadBalancer& balancer)
{
    if (planned.is_public) {
        const auto id = acquire_public(planned, to_string(planned.address));
        if (!id)
            return fail(id.error());
        planned.public_id = *id;
    }
    for (const auto& listener : balancer.listeners) {
        PlannedListener added{.id = 0,
                              .check = listener.health_check,
                              .protocol = static_cast<std::uint8_t>(listener.protocol),
                              .port = static_cast<std::uint16_t>(listener.port),
                              .to_port = static_cast<std::uint16_t>(listener.to_port()),
                              .scheduler = scheduler_of(listener.scheduler),
                              .has_weights = listener.scheduler != Scheduler::RoundRobin,
                              .backends = {}};
        auto name = service_name({planned.address, planned.is_public ? 0 : planned.vni, added.protocol, added.port});
        const auto id = state_.service_ids.acquire(name);
        if (!id)
            return fail(id.error());
        added.id = *id;
        planned.service_names.push_back(name);
        if (auto backends = acquire_backends(planned, added, balancer); !backends)
            return backends;
        planned.listeners.push_back(std::move(added));
    }
    return {};
}

// A guest has those that it answers for.
Result<void> PlanPass::acquire_backends(PlannedService& planned, PlannedListener& listener,
                                        const LoadBalancer& balancer)
{
    for (const auto& backend : balancer.backends) {
        const auto* interface = model_.find<Interface>(backend.interface);
        const auto host = returning_host(model_, balancer, backend);
        if (!interface || (planned.is_guest && host != state_.options.host))
            continue;
        const auto number = acquire_public(planned, backend_name(planned.service_names.back(), interface->address));
        if (!number)
            return fail(number.error());
        PlannedBackend added{*number, interface->address, backend.weight, 0};
        if (!host.empty() && host != state_.options.host)
            if (auto way = acquire_answering(planned, added, host); !way)
                return way;
        listener.backends.push_back(added);
    }
    return {};
}

Result<void> PlanPass::acquire_answering(PlannedService& planned, PlannedBackend& backend, const std::string& host)
{
    const GatewayName answering{planned.vni, host, true};
    const auto slot = acquire_gateway(answering);
    if (!slot)
        return fail(slot.error());
    planned.gateways.push_back(answering);
    backend.next_hop = *slot;
    return {};
}

} // namespace vpcd
