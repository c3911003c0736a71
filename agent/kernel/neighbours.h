// Neighbour entries of the underlay: which MAC a next hop has, and our wish that the kernel keeps it resolved.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "kernel/netlink.h"

namespace vpcd {

struct NeighbourKey {
    unsigned ifindex = 0;
    Address address;

    friend auto operator<=>(const NeighbourKey&, const NeighbourKey&) = default;
};

struct Neighbour {
    std::optional<Mac> mac = std::nullopt; // only while the kernel would use it (resolved, if stale)
    bool is_static = false;                // permanent, or on a device that resolves nothing
    bool is_managed = false;               // kept resolved by the kernel (NTF_EXT_MANAGED)
    bool is_external = false;              // learned by somebody's control plane (NTF_EXT_LEARNED)
    std::uint8_t protocol = 0;

    friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

using NeighbourTable = std::map<NeighbourKey, Neighbour>;

// Kept resolved on our behalf. An entry an administrator made permanent is no longer ours, whatever id it carries.
bool is_ours(const Neighbour&);
// Set up by somebody else, on purpose: used as it is. What the kernel learned by itself is not foreign.
bool is_foreign(const Neighbour&);

// Of one RTM_NEWNEIGH or RTM_DELNEIGH about IPv4 or IPv6.
std::optional<std::pair<NeighbourKey, Neighbour>> parse_neighbour(const nlmsghdr*);

Result<NeighbourTable> observe_neighbours(Netlink&);
// Absent: there is no such entry.
Result<NeighbourTable> observe_neighbours(Netlink&, const std::set<NeighbourKey>&);
Result<std::set<NeighbourKey>> observe_kept_neighbours(Netlink&);

struct NeighbourChanges {
    std::vector<NeighbourKey> keep;
    std::vector<NeighbourKey> release;

    bool empty() const { return keep.empty() && release.empty(); }
    friend bool operator==(const NeighbourChanges&, const NeighbourChanges&) = default;
};

NeighbourChanges diff_neighbours(const std::set<NeighbourKey>& needed, const NeighbourTable& observed);

// `keep`: the kernel resolves them and keeps them so. `release`: removed. Looks only at what diff_neighbours() made,
// so what it was made from must be fresh. Goes on past what fails.
std::vector<Error> apply_neighbours(Netlink&, const NeighbourChanges&);

} // namespace vpcd
