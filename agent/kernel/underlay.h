// The way from this host to another host's tunnel endpoint, as the kernel itself would go.
#pragma once

#include <optional>

#include "kernel/links.h"
#include "kernel/neighbours.h"

namespace vpcd {

// The kernel's answer to "how would you reach this address?"
struct RouteAnswer {
    bool is_unicast = false; // not local, not a blackhole, not multicast
    unsigned ifindex = 0;
    std::optional<Address> source = std::nullopt;
    std::optional<Address> gateway = std::nullopt;
    unsigned mtu = 0; // 0: that of the device

    friend bool operator==(const RouteAnswer&, const RouteAnswer&) = default;
};

// Of one RTM_NEWROUTE.
std::optional<RouteAnswer> parse_route(const nlmsghdr*);
// Of one RTM_NEWROUTE or RTM_DELROUTE about IPv4 or IPv6: the destinations whose answer it may have changed.
std::optional<Prefix> parse_route_prefix(const nlmsghdr*);
// Nothing: there is no route, or one that refuses.
Result<std::optional<RouteAnswer>> ask_route(Netlink&, const Address& destination);

struct RouteAnswers {
    std::map<Address, std::optional<RouteAnswer>> by_destination;
    std::vector<Error> errors; // of the destinations that are absent
};
RouteAnswers ask_routes(Netlink&, const std::set<Address>& destinations);

// Nothing where the answer does not lead out of this host. `links`, `neighbours`: those of this host.
std::optional<UnderlayPath> make_path(const Address& vtep, const RouteAnswer&, const LinkIndex& links,
                                      const NeighbourTable& neighbours);
// The neighbour whose MAC the path needs: the gateway, or the endpoint itself.
NeighbourKey next_hop(const Address& vtep, const UnderlayPath&);

Result<std::optional<UnderlayPath>> observe_path(Netlink&, const Address& vtep, const LinkIndex&,
                                                 const NeighbourTable&);
// The same for a single endpoint; lists devices and neighbours itself.
Result<std::optional<UnderlayPath>> observe_path(Netlink&, const Address& vtep);

} // namespace vpcd
