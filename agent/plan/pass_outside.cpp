// Public addresses: the rows of those this host serves, and the ways out that its instances take.
#include <algorithm>

#include <vpcd/abi/limits.h>

#include "plan/outside.h"
#include "plan/pass.h"

namespace vpcd {

namespace {

const Mac kGatewayMac{VPCD_GATEWAY_MAC};
const Mac kPassMac{VPCD_PASS_MAC};

} // namespace

void PlanPass::plan_elastics()
{
    for (const auto& name : scope_.elastics)
        plan_elastic(name);
}

void PlanPass::plan_elastic(const std::string& name)
{
    const auto* elastic = model_.find<ElasticIp>(name);
    if (elastic && !elastic->interface.empty())
        state_.elastic_interfaces[name] = elastic->interface;
    else
        state_.elastic_interfaces.erase(name);

    if (elastic && !elastic->bandwidth_package.empty())
        state_.elastic_packages[name] = elastic->bandwidth_package;
    else
        state_.elastic_packages.erase(name);

    state_.starved_elastics.erase(name);
    if (const auto old = state_.elastics.find(name); old != state_.elastics.end())
        released_publics_.push_back(to_string(old->second.address));
    replace(state_.elastics, name, desired_elastic(name));
}

std::optional<PlannedElastic> PlanPass::desired_elastic(const std::string& name)
{
    const auto served = state_.served.find(name);
    const auto* vpc = served == state_.served.end() ? nullptr : present_vpc(served->second);
    const auto* elastic = model_.find<ElasticIp>(name);
    const auto* interface = elastic ? model_.find<Interface>(elastic->interface) : nullptr;
    if (!vpc || !interface)
        return std::nullopt;

    const auto id = state_.public_ids.acquire(to_string(elastic->address));
    if (!id) {
        state_.starved_elastics.insert(name);
        report(id_of(*elastic), id.error());
        return std::nullopt;
    }
    PlannedElastic planned{.vni = vpc->vni,
                           .id = *id,
                           .address = elastic->address,
                           .private_address = elastic->private_address_of(*interface),
                           .is_announced = elastic->announce == Announce::Arp,
                           .bandwidth = elastic->bandwidth.value_or(Bandwidth{}),
                           .payer = *id};
    if (const auto* package = model_.find<BandwidthPackage>(elastic->bandwidth_package)) {
        planned.bandwidth = package->bandwidth;
        planned.payer = payers_.try_emplace(package->name, *id).first->second; // the first of all, which are in scope
    }
    return planned;
}

// Of the addresses of a local interface.
void PlanPass::acquire_outside(const std::string& name, PlannedInterface& planned)
{
    const auto& interface = *model_.find<Interface>(name);
    model_.for_each_referrer<ElasticIp>({Interface::kKind, name}, [&](const ElasticIp& elastic) {
        ++scope_.visits;
        const auto address = elastic.private_address_of(interface);
        const auto entry = std::ranges::find(planned.addresses, address, &PlannedAddress::address);
        if (entry != planned.addresses.end())
            acquire_outside(name, planned, serving_host(model_, elastic), *entry);
    });
    for (auto& entry : planned.addresses)
        acquire_outside(name, planned, serving_host(model_, entry.address, *planned.vpc), entry);
}

void PlanPass::acquire_outside(const std::string& name, PlannedInterface& planned, const std::string& host,
                               PlannedAddress& address)
{
    if (host.empty() || address.outside != 0)
        return;
    const GatewayName gateway{planned.vni, host};
    if (const auto slot = acquire_gateway(gateway); slot) {
        address.outside = *slot;
        planned.local->gateways.push_back(gateway);
    } else {
        state_.starved_interfaces.insert(name);
        report({Interface::kKind, name}, slot.error());
    }
}

// The first user takes a slot for all.
Result<std::uint32_t> PlanPass::acquire_gateway(const GatewayName& name)
{
    static const std::string kOwner = "gateway";
    if (const auto known = state_.gateway_uses.find(name); known != state_.gateway_uses.end()) {
        ++known->second.users;
        return known->second.gateway.slot.index;
    }

    const bool is_here = name.host == state_.options.host;
    const auto host_id = is_here ? std::optional{0U} : state_.host_ids.find(name.host);
    if (!host_id)
        return fail(Error::config("host " + name.host + " has no number here"));
    const auto slot = state_.next_hops.acquire(gateway_key_of(name.vni, *host_id, name.is_in), kOwner,
                                               name.is_in ? kPassMac : kGatewayMac);
    if (!slot)
        return fail(slot.error());
    if (!is_here)
        count_peer(name.host, 1);
    state_.gateway_uses.emplace(name, GatewayUse{.users = 1, .gateway = {name.vni, *host_id, *slot, name.is_in}});
    scope_.gateways.insert(name);
    return slot->index;
}

void PlanPass::release_gateway(const GatewayName& name)
{
    const auto use = state_.gateway_uses.find(name);
    if (--use->second.users > 0)
        return;
    released_addresses_.push_back(gateway_key_of(name.vni, use->second.gateway.host_id, name.is_in));
    state_.gateway_uses.erase(use);
    scope_.gateways.insert(name);
    if (name.host != state_.options.host)
        count_peer(name.host, -1);
}

void PlanPass::plan_gateways()
{
    for (const auto& name : scope_.gateways) {
        const auto use = state_.gateway_uses.find(name);
        replace(state_.gateways, name,
                use == state_.gateway_uses.end() ? std::nullopt : std::optional{use->second.gateway});
    }
}

} // namespace vpcd
