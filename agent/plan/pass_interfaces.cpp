#include "plan/pass.h"

namespace vpcd {

namespace {

std::uint16_t flags_of(const Interface& interface, const Link* link)
{
    std::uint16_t flags = interface.source_check ? INTERFACE_SOURCE_CHECK : 0;
    if (!link)
        return flags;
    // The kernel delivers into another namespace only; a pair within ours gets its packets the ordinary way.
    if (is_pair(link->kind) && !link->is_peer_here)
        flags |= INTERFACE_PEER;
    if (link->kind == "tun")
        flags |= INTERFACE_WHOLE_PACKETS;
    if (link->accepts_xdp_redirect)
        flags |= INTERFACE_XDP_TARGET;
    return flags;
}

} // namespace

void PlanPass::plan_interfaces()
{
    for (const auto& name : scope_.interfaces)
        plan_interface(name);
}

void PlanPass::plan_interface(const std::string& name)
{
    std::optional<PlannedInterface> old;
    if (const auto planned = state_.interfaces.find(name); planned != state_.interfaces.end())
        old = planned->second;
    auto wanted = desired_interface(name);

    if (old)
        give_up(name, *old);
    if (wanted) {
        add_member(state_.planned_interfaces, wanted->vpc, name);
        if (wanted->host_id != 0)
            count_peer(wanted->host, 1);
    }
    has_moved_devices_ |= (old && old->id != 0) || (wanted && wanted->id != 0);

    const auto leads_to = [](const std::optional<PlannedInterface>& interface) {
        return interface ? std::tuple(interface->primary_slot(), interface->id != 0, interface->vni)
                         : std::tuple(0u, false, 0u);
    };
    if (leads_to(old) != leads_to(wanted))
        include_routes_to(name);
    replace(state_.interfaces, name, std::move(wanted));
}

// Claims its addresses and, if it is local, its id. Without them it has no rows at all.
std::optional<PlannedInterface> PlanPass::desired_interface(const std::string& name)
{
    state_.starved_interfaces.erase(name);
    const auto* interface = model_.find<Interface>(name);
    const auto* subnet = interface ? model_.subnet_of(*interface) : nullptr;
    const auto* vpc = subnet ? present_vpc(subnet->vpc) : nullptr;
    if (!vpc)
        return std::nullopt;

    PlannedInterface planned;
    planned.vpc = vpc->name;
    planned.vni = vpc->vni;
    planned.subnet = subnet->name;
    planned.subnet_id = state_.subnet_ids.acquire(vpc->name, subnet->name);
    planned.host = interface->host;
    if (model_.find<Host>(interface->host))
        planned.host_id = state_.host_ids.find(interface->host).value_or(0);
    planned.mac = interface->mac;

    if (const auto acquired = acquire(*interface, planned); !acquired) {
        state_.starved_interfaces.insert(name);
        report({Interface::kKind, name}, acquired.error());
        return std::nullopt;
    }
    return planned;
}

// All or nothing: an index that was taken and given back would have to be written as vacant, at every try.
Result<void> PlanPass::acquire(const Interface& interface, PlannedInterface& planned)
{
    std::vector<Address> addresses{interface.address};
    addresses.insert(addresses.end(), interface.secondary_addresses.begin(), interface.secondary_addresses.end());
    std::vector<::endpoint_key> keys;
    for (const auto& address : addresses)
        keys.push_back(endpoint_key_of(planned.vni, address));

    if (auto room = state_.next_hops.check_room(keys); !room)
        return room;
    if (state_.locals.contains(interface.name))
        if (auto acquired = acquire_local(interface, planned); !acquired)
            return acquired;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto slot = state_.next_hops.acquire(keys[i], interface.name, interface.mac);
        if (!slot)
            return fail(slot.error());
        planned.addresses.push_back({addresses[i], *slot});
    }
    return {};
}

Result<void> PlanPass::acquire_local(const Interface& interface, PlannedInterface& planned)
{
    const bool keeps_id = state_.interface_ids.find(interface.name).has_value();
    const auto id = state_.interface_ids.acquire(interface.name);
    if (!id)
        return fail(id.error());

    const auto found = facts_.links.find(interface.device);
    const Link* link = found == facts_.links.end() ? nullptr : &found->second;
    planned.id = *id;
    planned.device = interface.device;
    planned.ifindex = link ? link->ifindex : 0;
    planned.generation = keeps_id ? state_.generations[*id] : ++state_.generations[*id];
    planned.flags = flags_of(interface, link);
    return {};
}

void PlanPass::give_up(const std::string& name, const PlannedInterface& interface)
{
    for (const auto& [address, slot] : interface.addresses)
        released_addresses_.push_back(endpoint_key_of(interface.vni, address));
    if (interface.id != 0)
        released_interfaces_.push_back(name);
    if (interface.host_id != 0)
        count_peer(interface.host, -1);
    remove_member(state_.planned_interfaces, interface.vpc, name);
}

// The first and the last interface of another host in our VPCs decide whether we need its underlay path.
void PlanPass::count_peer(const std::string& host, int difference)
{
    auto& count = state_.peer_interfaces[host];
    const bool was_peer = count > 0;
    count += difference;
    if (was_peer != (count > 0))
        scope_.hosts.insert(host);
    if (count == 0)
        state_.peer_interfaces.erase(host);
}

void PlanPass::include_routes_to(const std::string& interface)
{
    for (const auto& name : model_.referrers<RouteTable>({Interface::kKind, interface})) {
        ++scope_.visits;
        if (const auto* table = model_.find<RouteTable>(name)) {
            scope_.tables.insert({table->vpc, effective_table(*table)});
            scope_.tables.insert({table->vpc, std::string{kArrivals}});
        }
    }
}

} // namespace vpcd
