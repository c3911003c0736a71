#include "kernel/host_view.h"

#include <algorithm>
#include <linux/rtnetlink.h>

namespace vpcd {

namespace {

bool is_link_local(const Address& address)
{
    return address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0x80;
}

// Sets a row of a map, or removes it. Returns whether that changed the map.
template <typename Map>
bool set_row(Map& map, const typename Map::key_type& key, const std::optional<typename Map::mapped_type>& value)
{
    if (!value)
        return map.erase(key) != 0;
    const auto [row, is_new] = map.try_emplace(key, *value);
    if (!is_new && row->second == *value)
        return false;
    row->second = *value;
    return true;
}

template <typename Map>
std::optional<typename Map::mapped_type> find_row(const Map& map, const typename Map::key_type& key)
{
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional{found->second};
}

} // namespace

bool HostView::take(const nlmsghdr* message)
{
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
        const auto concerned = parse_links_concerned(message);
        stale_links_.insert(concerned.begin(), concerned.end());
        return !concerned.empty();
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return take_address(message);
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
        const auto found = parse_neighbour(message);
        const bool is_gone = message->nlmsg_type == RTM_DELNEIGH;
        return found && set_neighbour(found->first, is_gone ? std::nullopt : std::optional{found->second});
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
        const auto prefix = parse_route_prefix(message);
        return prefix && endpoints_.route_changed(*prefix);
    }
    case RTM_NEWRULE:
    case RTM_DELRULE:
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        return endpoints_.everything_changed();
    default:
        return false;
    }
}

bool HostView::take_address(const nlmsghdr* message)
{
    const auto found = parse_local_address(message);
    const bool is_gone = message->nlmsg_type == RTM_DELADDR;
    return found && set_address(found->first, is_gone ? std::nullopt : std::optional{found->second});
}

// With an address the kernel loses the routes that send from it, untold, and may choose another source.
bool HostView::set_address(const LocalAddress& local, std::optional<unsigned> flags)
{
    const bool was_present = addresses_.contains(local);
    if (!set_row(addresses_, local, flags))
        return false;
    auto& devices = devices_of_[local.address];
    if (flags && !was_present)
        devices.insert(local.ifindex);
    else if (!flags)
        devices.extract(local.ifindex);
    if (devices.empty())
        devices_of_.erase(local.address);
    derive_local(local.address);
    if (!is_link_local(local.address) || routed_devices_.contains(local.ifindex))
        endpoints_.family_changed(local.address.is_v4());
    return true;
}

void HostView::set_everything(const std::vector<ObservedLink>& links, const AddressTable& addresses,
                              const NeighbourTable& neighbours)
{
    std::map<unsigned, ObservedLink> by_index;
    for (const auto& observed : links)
        by_index.emplace(observed.link.ifindex, observed);
    for (const auto& [ifindex, link] : LinkIndex{links_})
        if (!by_index.contains(ifindex))
            set_link(ifindex, std::nullopt);
    for (const auto& [ifindex, observed] : by_index)
        set_link(ifindex, observed);

    for (const auto& [local, flags] : AddressTable{addresses_})
        if (!addresses.contains(local))
            set_address(local, std::nullopt);
    for (const auto& [local, flags] : addresses)
        set_address(local, flags);

    for (const auto& [key, neighbour] : NeighbourTable{neighbours_})
        if (!neighbours.contains(key))
            set_neighbour(key, std::nullopt);
    for (const auto& [key, neighbour] : neighbours)
        set_neighbour(key, neighbour);

    endpoints_.everything_changed();
    stale_links_.clear();
    is_forgotten_ = false;
}

void HostView::set_link(unsigned ifindex, const std::optional<ObservedLink>& observed)
{
    stale_links_.erase(ifindex);
    const auto before = find_row(links_, ifindex);
    const auto after = observed ? std::optional{observed->link} : std::nullopt;
    if (set_row(links_, ifindex, after)) {
        rename(before ? &*before : nullptr, after ? &*after : nullptr);
        dirty_paths_.merge(endpoints_.behind_device(ifindex));
    }
    if (set_row(reaches_, ifindex, observed ? std::optional{observed->reach} : std::nullopt))
        reach_changed(ifindex);
    if (!observed)
        routed_devices_.erase(ifindex);
}

// Facts know devices by name: the old name is free, or another device's already.
void HostView::rename(const Link* before, const Link* after)
{
    const bool is_renamed = !before || !after || before->name != after->name;
    if (before && is_renamed) {
        const auto fact = facts_.links.find(before->name);
        if (fact != facts_.links.end() && fact->second.ifindex == before->ifindex)
            facts_.links.erase(fact);
        changes_.links.insert(before->name);
    }
    if (after) {
        facts_.links.insert_or_assign(after->name, *after);
        changes_.links.insert(after->name);
    }
    if (!is_renamed)
        return;
    const unsigned ifindex = (after ? after : before)->ifindex;
    for (auto at = addresses_.lower_bound({.ifindex = ifindex, .address = {}});
         at != addresses_.end() && at->first.ifindex == ifindex; ++at)
        derive_local(at->first.address);
}

// The kernel tells nothing of the IPv4 routes that it drops or revives with a device. A device that no route was
// seen to use can at most have brought a way to where there was none, unless it has addresses.
void HostView::reach_changed(unsigned ifindex)
{
    if (is_routed(ifindex))
        endpoints_.everything_changed();
    else
        endpoints_.unreachable_may_be_reached();
}

bool HostView::is_routed(unsigned ifindex) const
{
    if (routed_devices_.contains(ifindex))
        return true;
    for (auto at = addresses_.lower_bound({.ifindex = ifindex, .address = {}});
         at != addresses_.end() && at->first.ifindex == ifindex; ++at)
        if (!is_link_local(at->first.address))
            return true;
    return false;
}

void HostView::set_route(const Address& endpoint, const std::optional<RouteAnswer>& route)
{
    endpoints_.set_route(endpoint, route);
    if (route && route->ifindex != 0)
        routed_devices_.insert(route->ifindex);
    dirty_paths_.insert(endpoint);
}

bool HostView::set_neighbour(const NeighbourKey& key, const std::optional<Neighbour>& neighbour)
{
    const auto before = find_row(neighbours_, key);
    if (!set_row(neighbours_, key, neighbour))
        return false;
    const auto* endpoints = endpoints_.behind(key);
    const bool is_known = endpoints || (before && is_ours(*before)) || (neighbour && is_ours(*neighbour));
    if (!is_known)
        return false;

    suspects_.insert(key);
    const auto mac_of = [](const std::optional<Neighbour>& entry) { return entry ? entry->mac : std::nullopt; };
    if (endpoints && mac_of(before) != mac_of(neighbour))
        dirty_paths_.insert(endpoints->begin(), endpoints->end());
    return true;
}

void HostView::derive()
{
    for (const auto& endpoint : std::exchange(dirty_paths_, {}))
        derive_path(endpoint);
    suspects_.merge(endpoints_.take_touched());
}

void HostView::derive_path(const Address& address)
{
    const auto endpoint = endpoints_.all().find(address);
    if (endpoint == endpoints_.all().end())
        return;
    const auto& route = endpoint->second.route;
    const auto path = route ? make_path(address, *route, links_, neighbours_) : std::nullopt;
    endpoints_.set_hop(address, path ? std::optional{next_hop(address, *path)} : std::nullopt);
    if (set_row(facts_.paths, address, path))
        changes_.paths.insert(address);
}

void HostView::derive_local(const Address& address)
{
    std::optional<std::string> device;
    if (const auto devices = devices_of_.find(address); devices != devices_of_.end())
        for (const unsigned ifindex : devices->second)
            if (const auto link = links_.find(ifindex); link != links_.end() && !device)
                device = link->second.name;
    changes_.local_addresses |= set_row(facts_.local_addresses, address, device);
}

void HostView::drop(const std::set<Address>& endpoints)
{
    for (const auto& address : endpoints)
        if (facts_.paths.erase(address) != 0)
            changes_.paths.insert(address);
}

NeighbourChanges HostView::neighbour_changes()
{
    std::set<NeighbourKey> needed;
    NeighbourTable observed;
    for (const auto& key : suspects_) {
        if (endpoints_.is_needed(key))
            needed.insert(key);
        if (const auto found = neighbours_.find(key); found != neighbours_.end())
            observed.insert(*found);
    }
    auto changes = diff_neighbours(needed, observed);
    suspects_.clear();
    suspects_.insert(changes.keep.begin(), changes.keep.end());
    suspects_.insert(changes.release.begin(), changes.release.end());
    return changes;
}

} // namespace vpcd
