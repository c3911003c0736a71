// What the planner knows, for those who read the kernel's tables.
#include <algorithm>

#include "plan/planner.h"
#include "plan/state.h"

namespace vpcd {

namespace {

std::string or_empty(const std::string* name)
{
    return name ? *name : std::string{};
}

} // namespace

const Tables& Planner::tables() const
{
    return state_->tables;
}

const Attachments& Planner::attachments() const
{
    return state_->attachments;
}

const std::set<Address>& Planner::peers() const
{
    return state_->peers;
}

std::string Planner::interface_name(std::uint32_t id) const
{
    return or_empty(state_->interface_ids.name_of(id));
}

std::string Planner::vpc_name(std::uint32_t vni) const
{
    const auto found = state_->vpc_by_vni.find(vni);
    return found == state_->vpc_by_vni.end() ? std::string{} : found->second;
}

std::string Planner::host_name(std::uint32_t id) const
{
    return id == 0 ? state_->options.host : or_empty(state_->host_ids.name_of(id));
}

std::string Planner::subnet_name(std::uint32_t vni, std::uint32_t id) const
{
    return or_empty(state_->subnet_ids.name_of(vpc_name(vni), id));
}

std::string Planner::table_name(std::uint32_t vni, std::uint32_t id) const
{
    const auto* name = state_->table_ids.name_of(vpc_name(vni), id);
    return name && *name == kArrivals ? "arrivals" : or_empty(name);
}

std::string Planner::next_hop_name(std::uint32_t index) const
{
    if (const auto* row = find_row(state_->tables.next_hops, index); row && row->flags & NEXT_HOP_RETURN)
        return "the gateway that let it in";
    else if (row && row->flags & NEXT_HOP_OUTSIDE)
        return "the gateway of " + host_name(row->host);
    const auto& name = state_->next_hops.interface_of(index);
    const auto planned = state_->interfaces.find(name);
    if (planned == state_->interfaces.end() || (!planned->second.local && planned->second.host_id == 0))
        return name;
    return name + " @ " + *planned->second.host;
}

std::string Planner::policy_name(std::uint32_t id) const
{
    return or_empty(state_->policy_ids.name_of(id));
}

std::string Planner::groups_text(std::uint32_t vni, std::uint32_t group_set) const
{
    const auto* set = state_->group_sets.find(vpc_name(vni), group_set);
    return set ? to_string(*set) : std::string{};
}

const RuleOrigin* Planner::rule_origin(std::uint64_t id) const
{
    return state_->rule_origins.find(id);
}

const EffectiveRoute* Planner::route(const ::route_key& key) const
{
    const auto vpc = vpc_name(key.vpc);
    const auto* name = state_->table_ids.name_of(vpc, key.table);
    const auto table = name ? state_->route_tables.find({vpc, *name}) : state_->route_tables.end();
    if (table == state_->route_tables.end())
        return nullptr;
    const auto found = std::ranges::find_if(table->second.routes, [&](const PlannedRoute& planned) {
        return same_bytes(route_key_of(key.vpc, key.table, planned.route.destination), key);
    });
    return found == table->second.routes.end() ? nullptr : &found->route;
}

std::optional<std::uint32_t> Planner::public_id(const std::string& elastic) const
{
    const auto found = state_->elastics.find(elastic);
    return found == state_->elastics.end() ? std::nullopt : std::optional{found->second.id};
}

std::optional<std::uint32_t> Planner::public_id(const Address& address) const
{
    return state_->public_ids.find(to_string(address));
}

std::vector<Planner::BackendNumber> Planner::backend_numbers(const std::string& balancer) const
{
    std::vector<BackendNumber> numbers;
    const auto found = state_->services.find(balancer);
    if (found != state_->services.end())
        for (const auto& listener : found->second.listeners)
            for (const auto& backend : listener.backends)
                numbers.push_back({backend.id, listener.protocol, listener.port, backend.address});
    return numbers;
}

std::map<std::uint32_t, Planner::CheckedBackend> Planner::checked_backends() const
{
    std::map<std::uint32_t, CheckedBackend> checked;
    for (const auto& [name, service] : state_->services)
        for (const auto& listener : service.listeners) {
            if (!listener.check)
                continue;
            const auto port = static_cast<std::uint16_t>(listener.check->port.value_or(listener.to_port));
            for (const auto& backend : listener.backends)
                checked.emplace(backend.id,
                                CheckedBackend{name, service.vni, backend.address, port, *listener.check});
        }
    return checked;
}

std::optional<LocalInterface> Planner::local_interface(const std::string& name) const
{
    const auto found = state_->interfaces.find(name);
    if (found == state_->interfaces.end() || !found->second.local)
        return std::nullopt;
    const auto& local = *found->second.local;
    return LocalInterface{local.id, *found->second.vpc, local.device, local.ifindex, local.generation};
}

} // namespace vpcd
