// NAT gateways: the rows of those this host serves, and the way to them that route tables take.
#include <set>

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

    state_.starved_nats.erase(name);
    if (const auto old = state_.nats.find(name); old != state_.nats.end())
        for (const auto& [address, id] : old->second.ids)
            released_publics_.push_back(to_string(address));
    replace(state_.nats, name, desired_nat(name));
}

std::optional<PlannedNat> PlanPass::desired_nat(const std::string& name)
{
    const auto served = state_.served_nats.find(name);
    const auto* vpc = served == state_.served_nats.end() ? nullptr : present_vpc(served->second);
    const auto* gateway = model_.find<NatGateway>(name);
    if (!vpc || !gateway)
        return std::nullopt;

    PlannedNat planned{.vni = vpc->vni,
                       .is_announced = gateway->announce == Announce::Arp,
                       .is_independent = gateway->mapping == NatMapping::EndpointIndependent,
                       .bandwidth = gateway->bandwidth.value_or(Bandwidth{}),
                       .first_port = gateway->ports.first,
                       .last_port = gateway->ports.last,
                       .shares = {},
                       .forwards = {},
                       .wholes = {},
                       .ids = {}};
    for (const auto& entry : gateway->snat)
        if (const auto source = source_of(entry, model_))
            planned.shares.push_back({*source, {entry.addresses.begin(), entry.addresses.end()}});
    for (const auto& entry : gateway->dnat)
        if (entry.is_whole())
            planned.wholes.push_back({entry.address, entry.to});
        else
            planned.forwards.push_back(forward_of(entry));
    if (const auto acquired = acquire_publics(planned); !acquired) {
        state_.starved_nats.insert(name);
        report(id_of(*gateway), acquired.error());
        return std::nullopt;
    }
    planned.generation = content_hash(planned);
    return planned;
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
            for (const auto& [taken, number] : planned.ids)
                released_publics_.push_back(to_string(taken));
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
    const GatewayName gateway{vni, nat->host};
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
