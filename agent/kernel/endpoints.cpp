#include "kernel/endpoints.h"

#include <algorithm>
#include <iterator>

namespace vpcd {

std::set<Address> Endpoints::observe(const std::set<Address>& endpoints)
{
    return follow(endpoints, observed_, &Endpoint::is_observed);
}

std::set<Address> Endpoints::keep(const std::set<Address>& peers)
{
    return follow(peers, peers_, &Endpoint::is_peer);
}

std::set<Address> Endpoints::follow(const std::set<Address>& wanted, std::set<Address>& current,
                                    bool Endpoint::* role)
{
    std::set<Address> gone;
    if (wanted == current)
        return gone;

    std::vector<Address> added;
    std::vector<Address> removed;
    std::ranges::set_difference(wanted, current, std::back_inserter(added));
    std::ranges::set_difference(current, wanted, std::back_inserter(removed));
    for (const auto& address : added) {
        const auto [entry, is_new] = all_.try_emplace(address);
        if (is_new)
            stale_.insert(address);
        set_role(entry->second, role, true);
    }
    for (const auto& address : removed) {
        Endpoint& endpoint = all_.at(address);
        set_role(endpoint, role, false);
        if (endpoint.is_observed || endpoint.is_peer)
            continue;
        leave_hop(address, endpoint);
        all_.erase(address);
        stale_.erase(address);
        unrouted_.erase(address);
        gone.insert(address);
    }
    current.insert(added.begin(), added.end());
    for (const auto& address : removed)
        current.erase(address);
    return gone;
}

void Endpoints::set_role(Endpoint& endpoint, bool Endpoint::* role, bool value)
{
    if (endpoint.*role == value)
        return;
    endpoint.*role = value;
    if (role != &Endpoint::is_peer || !endpoint.hop)
        return;
    Hop& hop = hops_.at(*endpoint.hop);
    value ? ++hop.peers : --hop.peers;
    touched_.insert(*endpoint.hop);
}

bool Endpoints::route_changed(const Prefix& prefix)
{
    const auto before = stale_.size();
    const auto last = prefix.last();
    for (auto at = all_.lower_bound(prefix.address()); at != all_.end() && at->first <= last; ++at)
        if (at->first.is_v4() == prefix.address().is_v4()) // IPv4 lies within ::/0, and is another table
            stale_.insert(at->first);
    return stale_.size() != before;
}

bool Endpoints::family_changed(bool is_v4)
{
    return route_changed(Prefix::of(is_v4 ? Address::v4(0) : Address{}, 0));
}

bool Endpoints::everything_changed()
{
    const bool v4 = family_changed(true);
    return family_changed(false) || v4;
}

bool Endpoints::unreachable_may_be_reached()
{
    const auto before = stale_.size();
    stale_.insert(unrouted_.begin(), unrouted_.end());
    return stale_.size() != before;
}

void Endpoints::set_route(const Address& address, const std::optional<RouteAnswer>& route)
{
    stale_.erase(address);
    const auto found = all_.find(address);
    if (found == all_.end())
        return;
    if (route && route->is_unicast)
        unrouted_.erase(address);
    else
        unrouted_.insert(address);
    found->second.route = route;
}

void Endpoints::set_hop(const Address& address, std::optional<NeighbourKey> hop)
{
    Endpoint& endpoint = all_.at(address);
    if (endpoint.hop == hop)
        return;
    leave_hop(address, endpoint);
    endpoint.hop = hop;
    if (!hop)
        return;
    Hop& entered = hops_[*hop];
    entered.endpoints.insert(address);
    entered.peers += endpoint.is_peer ? 1 : 0;
    touched_.insert(*hop);
}

void Endpoints::leave_hop(const Address& address, Endpoint& endpoint)
{
    if (!endpoint.hop)
        return;
    const auto left = hops_.find(*endpoint.hop);
    left->second.endpoints.erase(address);
    left->second.peers -= endpoint.is_peer ? 1 : 0;
    touched_.insert(*endpoint.hop);
    if (left->second.endpoints.empty())
        hops_.erase(left);
    endpoint.hop.reset();
}

const std::set<Address>* Endpoints::behind(const NeighbourKey& hop) const
{
    const auto found = hops_.find(hop);
    return found == hops_.end() ? nullptr : &found->second.endpoints;
}

std::set<Address> Endpoints::behind_device(unsigned ifindex) const
{
    std::set<Address> endpoints;
    for (auto at = hops_.lower_bound({ifindex, Address{}}); at != hops_.end() && at->first.ifindex == ifindex; ++at)
        endpoints.insert(at->second.endpoints.begin(), at->second.endpoints.end());
    return endpoints;
}

bool Endpoints::is_needed(const NeighbourKey& hop) const
{
    const auto found = hops_.find(hop);
    return found != hops_.end() && found->second.peers > 0;
}

} // namespace vpcd
