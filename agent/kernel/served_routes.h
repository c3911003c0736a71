// Routes that say which public addresses this host serves, for a routing daemon to tell others (BIRD's `learn`). No
// packet follows them: what comes for such an address is taken before, and what is not taken is answered
// "unreachable" and never sent back to where it came from.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "kernel/netlink.h"

namespace vpcd {

// Of one RTM_NEWROUTE or RTM_DELROUTE: the address, if the route is of this kind and ours.
std::optional<Address> parse_served_route(const nlmsghdr*);

Result<std::set<Address>> observe_served_routes();

// Makes them those of `wanted`. Goes on past what fails.
std::vector<Error> apply_served_routes(Netlink&, const std::set<Address>& wanted, const std::set<Address>& observed);

} // namespace vpcd
