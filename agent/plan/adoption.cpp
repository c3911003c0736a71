#include "plan/adoption.h"

#include <arpa/inet.h>

namespace vpcd {

namespace {

void seed_next_hops(PlannerState& state)
{
    boost::unordered_flat_map<std::uint32_t, ::endpoint_key> addresses;
    addresses.reserve(state.tables.endpoints.size());
    for (const auto& [key, row] : state.tables.endpoints)
        if (row.next_hop != 0)
            addresses.emplace(row.next_hop, key);
    state.next_hops.reserve(addresses.size());
    for (const auto index : sorted_keys(state.tables.next_hops)) { // in order: else all below the first seem free
        const ::next_hop& row = *find_row(state.tables.next_hops, index);
        if (row.flags & NEXT_HOP_OUTSIDE) {
            const auto key =
                gateway_key_of(row.vpc, row.flags & NEXT_HOP_RETURN ? kWayBack : row.host, row.flags & NEXT_HOP_PASS);
            state.next_hops.adopt(&key, index, row);
            continue;
        }
        const auto address = addresses.find(index);
        const bool is_in_use = address != addresses.end() && row.vpc == address->second.vpc;
        state.next_hops.adopt(is_in_use ? &address->second : nullptr, index, row);
    }
}

void seed_hosts(PlannerState& state, const Model& model)
{
    for (const auto& [name, host] : model.all<Host>())
        if (const auto* row = find_row(state.tables.vteps, {.address = host.value.address.abi()}))
            state.host_ids.adopt(name, row->host);
}

void seed_services(PlannerState& state)
{
    std::map<std::uint32_t, std::string> names;
    for (const auto& [key, row] : state.tables.services) {
        const auto name = service_name({Address::from_abi(key.address), key.vpc, key.protocol, ntohs(key.port)});
        names.emplace(row.id, name);
        state.service_ids.adopt(name, row.id);
    }
    for (const auto& [id, row] : state.tables.backends)
        if (const auto service = names.find(row.service); service != names.end())
            state.public_ids.adopt(backend_name(service->second, Address::from_abi(row.address)), id);
}

// By what leads to it, or else by the device it is attached to.
void seed_interfaces(PlannerState& state, const Model& model, const Facts& facts)
{
    std::map<std::uint32_t, std::uint32_t> by_next_hop;
    for (const auto& [id, row] : state.tables.interfaces) {
        state.generations[id] = row.generation;
        if (row.vpc != 0 && row.next_hop != 0)
            by_next_hop.emplace(row.next_hop, id);
    }

    const auto names = model.referrers<Interface>({Host::kKind, state.options.host});
    for (const auto& name : names) {
        const auto* interface = model.find<Interface>(name);
        const auto* vpc = interface ? model.vpc_of(*interface) : nullptr;
        const auto slot = vpc ? state.next_hops.find(endpoint_key_of(vpc->vni, interface->address)) : std::nullopt;
        if (const auto found = by_next_hop.find(slot.value_or(0)); found != by_next_hop.end())
            state.interface_ids.adopt(name, found->second);
    }
    for (const auto& name : names) {
        const auto* interface = model.find<Interface>(name);
        const auto link = interface ? facts.links.find(interface->device) : facts.links.end();
        if (link == facts.links.end())
            continue;
        if (const auto* row = find_row(state.tables.devices, {.ifindex = link->second.ifindex}))
            state.interface_ids.adopt(name, row->interface);
    }
}

} // namespace

void seed(PlannerState& state, const Model& model, const Facts& facts)
{
    seed_next_hops(state);
    seed_hosts(state, model);
    for (const auto& [key, row] : state.tables.publics)
        state.public_ids.adopt(to_string(Address::from_abi(key.address)), row.id);
    seed_services(state);
    seed_interfaces(state, model, facts);
    seed_policies(state, model);
}

void vacate_unclaimed(PlannerState& state, Tables& after)
{
    for (const auto& slot : state.next_hops.drop_unclaimed())
        add_vacancy(slot, after);
    state.interface_ids.drop_unclaimed();
    state.host_ids.drop_unclaimed();
    state.public_ids.drop_unclaimed();
    state.service_ids.drop_unclaimed();
    state.policy_ids.drop_unclaimed();
    state.rule_set_ids.drop_unclaimed();
    for (auto& [id, generation] : state.generations) {
        if (state.interface_ids.name_of(id))
            continue;
        const auto* row = find_row(state.tables.interfaces, id);
        if (row && row->vpc != 0)
            ++generation; // it was in use: flows know this one
        add_vacancy(id, generation, after);
    }
}

} // namespace vpcd
