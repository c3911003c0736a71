// NAT gateways: the rows of those this host serves, and the way to them that route tables take.
#include <set>

#include "plan/outside.h"
#include "plan/pass.h"

namespace vpcd {

namespace {

PlannedForward forward_of(const DnatEntry& entry)
{
    const auto port = static_cast<std::uint16_t>(entry.port.value_or(0));
    return {.address = entry.address,
            .protocol = static_cast<std::uint8_t>(entry.protocol.value_or(NatProtocol::Tcp)),
            .port = port,
            .to = entry.to,
            .to_port = static_cast<std::uint16_t>(entry.to_port.value_or(port))};
}

void add_mapped(const NatGateway& gateway, PlannedNat& planned)
{
    for (const auto& entry : gateway.dnat)
        if (entry.is_whole())
            planned.wholes.push_back({entry.address, entry.to});
        else
            planned.forwards.push_back(forward_of(entry));
}

} // namespace

void PlanPass::plan_nats()
{
    for (const auto& name : scope_.nats)
        plan_nat(name);
}

void PlanPass::plan_nat(const std::string& name)
{
    const auto* gateway = model_.find<NatGateway>(name);
    if (auto mapped = gateway ? wholly_mapped(*gateway) : WhollyMapped{}; !mapped.addresses.empty())
        state_.wholly_mapped[name] = std::move(mapped);
    else
        state_.wholly_mapped.erase(name);

    std::vector<GatewayName> given_up;
    state_.starved_nats.erase(name);
    if (const auto old = state_.nats.find(name); old != state_.nats.end()) {
        release_publics(old->second);
        given_up = old->second.gateways;
    }
    replace(state_.nats, name, desired_nat(name));
    for (const auto& other : given_up)
        release_gateway(other);
}

std::optional<PlannedNat> PlanPass::desired_nat(const std::string& name)
{
    const auto served = state_.served_nats.find(name);
    const auto* vpc = served == state_.served_nats.end() ? nullptr : present_vpc(served->second);
    const auto* gateway = model_.find<NatGateway>(name);
    if (!vpc || !gateway)
        return std::nullopt;

    const bool is_first = gateway->hosts.front().name == state_.options.host;
    PlannedNat planned{.vni = vpc->vni,
                       .is_announced = gateway->announce == Announce::Arp,
                       .is_independent = gateway->mapping == NatMapping::EndpointIndependent,
                       .bandwidth = gateway->bandwidth.value_or(Bandwidth{}),
                       .is_first = is_first,
                       .is_quiet = gateway->announce == Announce::Arp && !is_first,
                       .slices = {},
                       .gateways = {},
                       .shares = {},
                       .forwards = {},
                       .wholes = {},
                       .ids = {}};
    for (const auto& entry : gateway->snat)
        if (const auto source = source_of(entry, model_))
            planned.shares.push_back({*source, {entry.addresses.begin(), entry.addresses.end()}});
    if (is_first)
        add_mapped(*gateway, planned);
    if (const auto acquired = acquire_all(*gateway, planned); !acquired) {
        state_.starved_nats.insert(name);
        report(id_of(*gateway), acquired.error());
        return std::nullopt;
    }
    planned.generation = content_hash(planned);
    return planned;
}

// All or none.
Result<void> PlanPass::acquire_all(const NatGateway& gateway, PlannedNat& planned)
{
    if (auto publics = acquire_publics(planned); !publics)
        return publics;
    auto slices = acquire_slices(gateway, planned);
    if (slices)
        return {};
    release_publics(planned);
    for (const auto& other : planned.gateways)
        release_gateway(other);
    return slices;
}

// The part of this host, and the ways to those that have the others.
Result<void> PlanPass::acquire_slices(const NatGateway& gateway, PlannedNat& planned)
{
    const auto slices = slices_of(gateway);
    for (std::size_t i = 0; i < slices.size(); ++i) {
        const GatewayName other{planned.vni, gateway.hosts[i].name, true};
        if (other.host == state_.options.host) {
            planned.first_port = slices[i].first;
            planned.last_port = slices[i].last;
            continue;
        }
        const auto slot = acquire_gateway(other);
        if (!slot)
            return fail(slot.error());
        planned.gateways.push_back(other);
        planned.slices.push_back({slices[i], i == 0, *slot});
    }
    return {};
}

void PlanPass::release_publics(const PlannedNat& planned)
{
    for (const auto& [address, id] : planned.ids)
        released_publics_.push_back(to_string(address));
}

// Each address once, however many entries have it. All or none.
Result<void> PlanPass::acquire_publics(PlannedNat& planned)
{
    std::set<Address> addresses;
    for (const auto& share : planned.shares)
        addresses.insert(share.addresses.begin(), share.addresses.end());
    for (const auto& forward : planned.forwards)
        addresses.insert(forward.address);
    for (const auto& whole : planned.wholes)
        addresses.insert(whole.address);
    for (const auto& address : addresses) {
        const auto id = state_.public_ids.acquire(to_string(address));
        if (!id) {
            release_publics(planned);
            return fail(id.error());
        }
        planned.ids.emplace(address, *id);
    }
    return {};
}

// Of a route to a NAT gateway; 0: none, and it is tried again. `gateways` gets the claim.
std::uint32_t PlanPass::acquire_nat_hop(const TableName& table, const EffectiveRoute& route, std::uint32_t vni,
                                        std::vector<GatewayName>& gateways)
{
    const auto* nat = model_.find<NatGateway>(route.target);
    if (!nat)
        return 0;
    const GatewayName gateway{vni, leaving_host(*nat, state_.options.host)};
    const auto slot = acquire_gateway(gateway);
    if (!slot) {
        state_.starved_tables.insert(table);
        report(id_of(*nat), slot.error());
        return 0;
    }
    gateways.push_back(gateway);
    return *slot;
}

} // namespace vpcd
