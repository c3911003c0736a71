// What is known of this host's networking, and the facts that follow from it. Filled by answers, kept by
// notifications. No I/O.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "kernel/addresses.h"
#include "kernel/endpoints.h"
#include "kernel/links.h"
#include "kernel/neighbours.h"
#include "plan/facts.h"

namespace vpcd {

// The cost of each call follows what it changes. After a row of set_...() calls comes one derive().
class HostView {
public:
    // A notification. Returns whether it matters: it changed what the facts or the needs depend on, or made it stale.
    // A neighbour that confirms its MAC does not matter, nor one that is no next hop of ours.
    bool take(const nlmsghdr*);
    // Notifications were lost: nothing is known for sure.
    void forget() { is_forgotten_ = true; }

    void observe(const std::set<Address>& endpoints) { drop(endpoints_.observe(endpoints)); }
    void keep(const std::set<Address>& peers) { drop(endpoints_.keep(peers)); }

    // What is to be asked of the kernel: everything but routes, these devices, routes to these endpoints.
    bool is_forgotten() const { return is_forgotten_; }
    const std::set<unsigned>& stale_links() const { return stale_links_; }
    const std::set<Address>& stale_routes() const { return endpoints_.stale(); }

    void set_everything(const std::vector<ObservedLink>&, const AddressTable&, const NeighbourTable&);
    void set_link(unsigned ifindex, const std::optional<ObservedLink>&);
    void set_route(const Address& endpoint, const std::optional<RouteAnswer>&);
    bool set_neighbour(const NeighbourKey&, const std::optional<Neighbour>&); // whether it matters
    void derive();

    const Facts& facts() const { return facts_; }
    bool has_changes() const { return changes_.any(); }
    FactChanges take_changes() { return std::exchange(changes_, {}); }
    // What the kernel's neighbours lack, or have too much of, for the peers kept.
    NeighbourChanges neighbour_changes();

private:
    bool take_address(const nlmsghdr*);
    bool set_address(const LocalAddress&, std::optional<unsigned> flags);
    void derive_path(const Address& endpoint);
    void derive_local(const Address&);
    void rename(const Link* before, const Link* after);
    void reach_changed(unsigned ifindex);
    bool is_routed(unsigned ifindex) const;
    void drop(const std::set<Address>& endpoints);

    LinkIndex links_;
    std::map<unsigned, LinkReach> reaches_;
    AddressTable addresses_;
    std::map<Address, std::multiset<unsigned>> devices_of_; // of each address, by ifindex
    NeighbourTable neighbours_;
    Endpoints endpoints_;
    std::set<unsigned> routed_devices_; // a route led through them

    bool is_forgotten_ = true;
    std::set<unsigned> stale_links_;
    std::set<Address> dirty_paths_;
    std::set<NeighbourKey> suspects_; // entries that may differ from the needs
    Facts facts_;
    FactChanges changes_;
};

} // namespace vpcd
