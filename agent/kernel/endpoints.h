// The tunnel endpoints we follow: the kernel's route to each, and the next hops they are reached through. No I/O.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "kernel/neighbours.h"
#include "kernel/underlay.h"

namespace vpcd {

struct Endpoint {
    bool is_observed = false;
    bool is_peer = false; // its next hop is kept resolved
    std::optional<RouteAnswer> route = std::nullopt;
    std::optional<NeighbourKey> hop = std::nullopt;
};

class Endpoints {
public:
    // What was not followed before is stale. Returns the endpoints that nobody follows any more.
    std::set<Address> observe(const std::set<Address>& endpoints);
    std::set<Address> keep(const std::set<Address>& peers);

    const std::map<Address, Endpoint>& all() const { return all_; }
    // Those whose route is to be asked for.
    const std::set<Address>& stale() const { return stale_; }

    // Each returns whether an endpoint has become stale.
    bool route_changed(const Prefix&);
    bool family_changed(bool is_v4);
    bool everything_changed();
    bool unreachable_may_be_reached();

    void set_route(const Address&, const std::optional<RouteAnswer>&);
    void set_hop(const Address&, std::optional<NeighbourKey>);

    // nullptr: no endpoint is reached through it.
    const std::set<Address>* behind(const NeighbourKey& hop) const;
    std::set<Address> behind_device(unsigned ifindex) const;
    bool is_needed(const NeighbourKey& hop) const;
    // Next hops that have come into need, or out of it, since the last call.
    std::set<NeighbourKey> take_touched() { return std::exchange(touched_, {}); }

private:
    struct Hop {
        std::set<Address> endpoints;
        std::size_t peers = 0;
    };
    std::set<Address> follow(const std::set<Address>& wanted, std::set<Address>& current, bool Endpoint::* role);
    void set_role(Endpoint&, bool Endpoint::* role, bool value);
    void leave_hop(const Address&, Endpoint&);

    std::map<Address, Endpoint> all_;
    std::map<NeighbourKey, Hop> hops_;
    std::set<Address> observed_;
    std::set<Address> peers_;
    std::set<Address> stale_;
    std::set<Address> unrouted_;
    std::set<NeighbourKey> touched_;
};

} // namespace vpcd
