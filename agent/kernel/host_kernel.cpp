#include "kernel/host_kernel.h"

#include <vpcd/abi/limits.h>

#include "kernel/addresses.h"
#include "kernel/links.h"
#include "kernel/tunnel_device.h"
#include "kernel/underlay.h"

namespace vpcd {

Result<std::unique_ptr<HostKernel>> HostKernel::open(boost::asio::io_context& context)
{
    auto netlink = Netlink::open();
    if (!netlink)
        return fail(netlink.error());
    auto monitor = Monitor::open(context);
    if (!monitor)
        return fail(monitor.error());
    return std::unique_ptr<HostKernel>{new HostKernel{std::move(*netlink), std::move(*monitor)}};
}

HostKernel::HostKernel(Netlink netlink, std::unique_ptr<Monitor> monitor)
    : netlink_(std::move(netlink)), monitor_(std::move(monitor))
{
}

Result<Facts> HostKernel::observe(const std::set<Address>& vteps)
{
    auto links = observe_links(netlink_);
    if (!links)
        return fail(links.error());
    const auto index = index_links(*links);
    auto addresses = observe_local_addresses(netlink_, index);
    if (!addresses)
        return fail(addresses.error());
    const auto neighbours = observe_neighbours(netlink_);
    if (!neighbours)
        return fail(neighbours.error());

    Facts facts{std::move(*links), {}, std::move(*addresses)};
    std::set<unsigned> underlay_devices;
    for (const auto& vtep : vteps) {
        const auto path = observe_path(netlink_, vtep, index, *neighbours);
        if (!path)
            return fail(path.error());
        if (!*path)
            continue;
        facts.paths.emplace(vtep, **path);
        underlay_devices.insert((*path)->ifindex);
    }
    monitor_->set_underlay_devices(std::move(underlay_devices));
    return facts;
}

std::vector<Error> HostKernel::apply(const KernelNeeds& needs)
{
    std::vector<Error> errors;
    apply_tunnel_device(needs.tunnel_device, errors);
    apply_neighbours(needs.peers, errors);
    return errors;
}

void HostKernel::apply_tunnel_device(bool is_needed, std::vector<Error>& errors)
{
    if (is_needed) {
        if (const auto device = ensure_tunnel_device(netlink_, kTunnelDevice, VPCD_VXLAN_PORT); !device)
            errors.push_back(device.error());
    } else if (const auto removed = remove_tunnel_device(netlink_, kTunnelDevice); !removed) {
        errors.push_back(removed.error());
    }
}

void HostKernel::apply_neighbours(const std::set<Address>& peers, std::vector<Error>& errors)
{
    const auto links = observe_links(netlink_);
    const auto neighbours = observe_neighbours(netlink_);
    if (!links || !neighbours) {
        errors.push_back(!links ? links.error() : neighbours.error());
        return;
    }

    std::set<NeighbourKey> needed;
    const auto index = index_links(*links);
    bool is_complete = true;
    for (const auto& peer : peers) {
        const auto path = observe_path(netlink_, peer, index, *neighbours);
        if (!path)
            errors.push_back(path.error());
        else if (*path)
            needed.insert(next_hop(peer, **path));
        is_complete &= path.has_value();
    }

    const auto changes = diff_neighbours(needed, *neighbours);
    for (const auto& [ifindex, address] : changes.keep)
        if (const auto kept = keep_neighbour(netlink_, ifindex, address); !kept)
            errors.push_back(kept.error());
    if (!is_complete)
        return; // a path that could not be looked up may still need its entry
    for (const auto& [ifindex, address] : changes.release)
        if (const auto released = release_neighbour(netlink_, ifindex, address); !released)
            errors.push_back(released.error());
}

} // namespace vpcd
