// What the documents say about the way of a packet: whose address, which route, and where that is written. Pure.
#pragma once

#include <optional>
#include <string>

#include "observe/trace_view.h"
#include "plan/effective_routes.h"

namespace vpcd {

// The interface that has the address in the VPC; nullptr: none.
const Interface* owner_of(const Model&, const std::string& vpc, const Address&);

struct MatchingRoute {
    EffectiveRoute route;
    std::string where; // of a custom one: "RouteTable inner, prod.yaml:17:3"
};
// The longest prefix of `table` ("main" or a RouteTable) with the address in it.
std::optional<MatchingRoute> matching_route(const Model&, const std::string& vpc, const std::string& table,
                                            const Address&);

// Whom a packet of `sender` reaches first: the owner of the address, or the instance a custom route names. nullptr:
// nobody.
struct FirstHop {
    const Interface* interface = nullptr;
    bool is_routed = false; // crosses the virtual router
};
FirstHop first_hop(const Model&, const Interface& sender, const Address&);

// The interface a request names, by its name or by an address; an error says what was meant instead.
Result<const Interface*> find_sender(const Model&, const TraceRequest&);
// The address a request is for: written, or of an interface in the sender's VPC.
Result<Address> find_target(const Model&, const Interface& sender, const std::string& to);

} // namespace vpcd
