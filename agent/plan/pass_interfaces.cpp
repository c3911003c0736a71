#include "plan/pass.h"

#include <algorithm>

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
    // In the order of names, so that the same documents lead to the same numbers.
    std::vector<const std::string*> names;
    names.reserve(scope_.interfaces.size());
    for (const auto& name : scope_.interfaces)
        names.push_back(&name);
    std::ranges::sort(names, {}, [](const std::string* name) -> const std::string& { return *name; });
    after.endpoints.reserve(names.size());
    after.next_hops.reserve(names.size());
    for (const auto* name : names)
        plan_interface(*name);
}

void PlanPass::plan_interface(const std::string& name)
{
    ++scope_.visits;
    state_.starved_interfaces.erase(name);
    const auto* interface = model_.find<Interface>(name);
    const auto* subnet = interface ? model_.subnet_of(*interface) : nullptr;
    const auto* vpc = subnet ? present_vpc(subnet->vpc) : nullptr;
    const auto [entry, is_new] =
        vpc ? state_.interfaces.try_emplace(name) : std::pair{state_.interfaces.find(name), false};
    if (entry == state_.interfaces.end())
        return;

    const PlannedInterface old = std::move(entry->second);
    if (!is_new) {
        add_rows(old, before);
        give_up(entry->first, old);
    }
    auto wanted = vpc ? desired_interface(entry->first, *interface, *vpc) : std::nullopt;
    static const PlannedInterface kNowhere;
    include_routes_to(name, old, wanted ? *wanted : kNowhere);
    has_moved_devices_ |= old.local || (wanted && wanted->local);
    keep(entry, std::move(wanted));
}

void PlanPass::keep(PlannedInterfaces::iterator entry, std::optional<PlannedInterface> wanted)
{
    if (!wanted) {
        state_.interfaces.erase(entry);
        return;
    }
    add_rows(*wanted, after);
    state_.planned_interfaces[*wanted->vpc].insert(&entry->first);
    if (wanted->host_id != 0)
        count_peer(*wanted->host, 1);
    entry->second = std::move(*wanted);
}

// Claims its addresses and, if it is local, its id. Without them it has no rows at all.
std::optional<PlannedInterface> PlanPass::desired_interface(const std::string& name, const Interface& interface,
                                                            const Vpc& vpc)
{
    PlannedInterface planned;
    planned.vpc = state_.words.keep(vpc.name);
    planned.vni = vpc.vni;
    planned.subnet_id = state_.subnet_ids.acquire(vpc.name, interface.subnet);
    planned.host = state_.words.keep(interface.host);
    if (model_.find<Host>(interface.host))
        planned.host_id = state_.host_ids.find(interface.host).value_or(0);
    planned.mac = interface.mac;

    if (const auto acquired = acquire(name, interface, planned); !acquired) {
        state_.starved_interfaces.insert(name);
        report({Interface::kKind, name}, acquired.error());
        return std::nullopt;
    }
    planned.group_set = state_.group_sets.acquire(vpc.name, interface);
    if (planned.local)
        acquire_outside(name, planned);
    return planned;
}

// All or nothing: an index that was taken and given back would have to be written as vacant, at every try.
Result<void> PlanPass::acquire(const std::string& name, const Interface& interface, PlannedInterface& planned)
{
    boost::container::small_vector<Address, 4> addresses{interface.address};
    addresses.insert(addresses.end(), interface.secondary_addresses.begin(), interface.secondary_addresses.end());
    NextHopSlots::Keys keys;
    for (const auto& address : addresses)
        keys.push_back(endpoint_key_of(planned.vni, address));

    if (auto room = state_.next_hops.check_room(keys); !room)
        return room;
    if (interface.host == state_.options.host && state_.locals.contains(interface.name))
        if (auto acquired = acquire_local(interface, planned); !acquired)
            return acquired;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto slot = state_.next_hops.acquire(keys[i], name, interface.mac);
        if (!slot)
            return fail(slot.error());
        planned.addresses.push_back({.address = addresses[i], .slot = *slot});
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
    const std::uint32_t generation = keeps_id ? state_.generations[*id] : ++state_.generations[*id];
    planned.local =
        std::make_unique<PlannedLocal>(PlannedLocal{.id = *id,
                                                    .device = interface.device,
                                                    .ifindex = link ? link->ifindex : 0,
                                                    .generation = generation,
                                                    .flags = flags_of(interface, link),
                                                    .ingress_policy = 0,
                                                    .egress_policy = 0,
                                                    .gateways = {},
                                                    .bandwidth = interface.bandwidth.value_or(Bandwidth{})});
    PlannedLocal& local = *planned.local;
    if (!acquire_policies({.vpc = *planned.vpc, .groups = group_names(interface, *planned.vpc), .acl = {}},
                          local.ingress_policy, local.egress_policy, id_of(interface)))
        state_.starved_interfaces.insert(interface.name);
    return {};
}

void PlanPass::give_up(const std::string& name, const PlannedInterface& interface)
{
    for (const auto& planned : interface.addresses)
        released_addresses_.push_back(endpoint_key_of(interface.vni, planned.address));
    state_.group_sets.release(*interface.vpc, interface.group_set);
    if (interface.local) {
        released_interfaces_.push_back(name);
        release_policy(interface.local->ingress_policy);
        release_policy(interface.local->egress_policy);
        for (const auto& gateway : interface.local->gateways)
            release_gateway(gateway);
    }
    if (interface.host_id != 0)
        count_peer(*interface.host, -1);
    const auto planned = state_.planned_interfaces.find(*interface.vpc);
    planned->second.erase(&name);
    if (planned->second.empty())
        state_.planned_interfaces.erase(planned);
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

// Where a route to this interface leads has changed.
void PlanPass::include_routes_to(const std::string& name, const PlannedInterface& old, const PlannedInterface& wanted)
{
    const auto leads_to = [](const PlannedInterface& interface) {
        return std::tuple(interface.primary_slot(), interface.local != nullptr, interface.vni);
    };
    if (leads_to(old) == leads_to(wanted))
        return;
    model_.for_each_referrer<RouteTable>({Interface::kKind, name}, [&](const RouteTable& table) {
        ++scope_.visits;
        scope_.tables.insert({table.vpc, effective_table(table)});
        scope_.tables.insert({table.vpc, std::string{kArrivals}});
    });
}

} // namespace vpcd
