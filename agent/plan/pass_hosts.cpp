#include "plan/pass.h"

namespace vpcd {

// Ids come first, because next hops refer to them; rows come last, because they depend on who is a peer.
void PlanPass::plan_host_ids()
{
    for (const auto& name : scope_.hosts) {
        const bool is_planned = state_.hosts.contains(name);
        const bool is_wanted = is_declared() && name != state_.options.host && model_.find<Host>(name);
        state_.starved_hosts.erase(name);
        const auto* host = model_.find<Host>(name);
        if (host && host->has_external())
            state_.externals.insert(name);
        else
            state_.externals.erase(name);
        if (is_planned && !is_wanted) {
            released_hosts_.push_back(name);
        } else if (is_wanted && !is_planned) {
            if (const auto id = state_.host_ids.acquire(name); !id) {
                state_.starved_hosts.insert(name);
                report({Host::kKind, name}, id.error());
            }
        }
    }
}

void PlanPass::plan_hosts()
{
    for (const auto& name : scope_.hosts)
        plan_host(name);
    if (scope_.hosts.empty())
        return;
    state_.peers.clear();
    for (const auto& [name, count] : state_.peer_interfaces)
        if (const auto host = state_.hosts.find(name); host != state_.hosts.end())
            state_.peers.insert(host->second.address);
}

void PlanPass::plan_host(const std::string& name)
{
    if (const auto old = state_.hosts.find(name); old != state_.hosts.end()) {
        const auto known = state_.host_by_address.find(old->second.address);
        if (known != state_.host_by_address.end() && known->second == name)
            state_.host_by_address.erase(known);
    }

    std::optional<PlannedHost> wanted;
    const auto id = state_.host_ids.find(name);
    const auto* host = model_.find<Host>(name);
    if (host && id && is_declared() && name != state_.options.host) {
        wanted = PlannedHost{*id, host->address, static_cast<std::uint8_t>(host->encapsulation), std::nullopt};
        const auto path = facts_.paths.find(host->address);
        if (path != facts_.paths.end() && state_.peer_interfaces.contains(name))
            wanted->path = path->second;
        state_.host_by_address[host->address] = name;
    }
    replace(state_.hosts, name, wanted);
}

// Empty: nobody knows.
std::string PlanPass::underlay_device(const Host& host) const
{
    const auto local = facts_.local_addresses.find(host.address);
    if (!host.device.empty() || local == facts_.local_addresses.end())
        return host.device;
    return local->second;
}

unsigned PlanPass::tunnel_mtu(const Host& host) const
{
    const auto link = facts_.links.find(underlay_device(host));
    const unsigned taken = overhead(host.encapsulation);
    return link != facts_.links.end() && link->second.mtu > taken ? link->second.mtu - taken : 0;
}

std::optional<Link> PlanPass::external_link(const Host& host) const
{
    if (!host.external)
        return std::nullopt;
    const auto link = facts_.links.find(host.external->device);
    return link == facts_.links.end() ? std::nullopt : std::optional{link->second};
}

void PlanPass::plan_self()
{
    if (!scope_.self)
        return;
    if (state_.self)
        add_rows(*state_.self, before);
    state_.self.reset();
    if (const auto* host = model_.find<Host>(state_.options.host)) {
        const auto tunnel = facts_.links.find(kTunnelDevice);
        const auto checks = facts_.links.find(kCheckDevice);
        state_.self = PlannedSelf{
            .address = host->address,
            .encapsulation = static_cast<std::uint32_t>(host->encapsulation),
            .tunnel_ifindex = tunnel == facts_.links.end() ? 0 : tunnel->second.ifindex,
            .xdp_redirect = state_.options.xdp_redirect,
            .has_publics = has_publics(model_),
            .external = external_link(*host),
            .translations_per_vpc = state_.options.translations_per_vpc,
            .translations_per_address = state_.options.translations_per_address,
            .check_ifindex = checks == facts_.links.end() || !checks->second.is_ours ? 0 : checks->second.ifindex,
            .tunnel_mtu = tunnel_mtu(*host)};
        add_rows(*state_.self, after);
    }
}

void PlanPass::plan_attachments()
{
    if (!scope_.self && !has_moved_devices_)
        return;

    Attachments found;
    if (const auto* host = model_.find<Host>(state_.options.host)) {
        found.underlay_device = underlay_device(*host);
        if (host->external)
            found.external_device = host->external->device;
        if (const auto link = external_link(*host))
            found.external_ifindex = link->ifindex;
    }
    if (const auto link = facts_.links.find(found.underlay_device); link != facts_.links.end()) {
        found.underlay_ifindex = link->second.ifindex;
        found.is_underlay_nic = link->second.kind.empty() && !link->second.is_loopback;
    }
    for (const auto& [name, place] : state_.locals) {
        const auto planned = state_.interfaces.find(name);
        const PlannedLocal* local = planned == state_.interfaces.end() ? nullptr : planned->second.local.get();
        if (!local || local->ifindex == 0)
            continue;
        found.instances[local->ifindex] = {place.device, name};
        found.has_whole_packets |= (local->flags & INTERFACE_WHOLE_PACKETS) != 0;
    }
    state_.attachments = std::move(found);
}

} // namespace vpcd
