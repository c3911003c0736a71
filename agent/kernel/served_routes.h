// Routes that say which public addresses this host serves, for a routing daemon to tell others (BIRD's `learn`). They
// are of type unreachable: what comes for such an address by the external or the underlay device is taken before, and
// whatever else asks for it (by another device, or the host itself) is not sent back to where it came from.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "kernel/netlink.h"

namespace vpcd {

// Of one RTM_NEWROUTE or RTM_DELROUTE: the address, if the route is of this kind and ours.
std::optional<Address> parse_served_route(const nlmsghdr*);

Result<std::set<Address>> observe_served_routes();

// Each goes on past what fails.
std::vector<Error> add_served_routes(Netlink&, const std::vector<Address>&);
std::vector<Error> remove_served_routes(Netlink&, const std::vector<Address>&);

} // namespace vpcd
