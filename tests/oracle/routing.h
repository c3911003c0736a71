// Where a packet of a card leads: its subnet's table, longest prefix first.
#pragma once

#include "world.h"

namespace vpcd::oracle {

struct Way {
    enum class Kind { Card, Router, Blackhole, NoRoute, NoEndpoint, NoService };

    Kind kind = Kind::NoRoute;
    const Card* card = nullptr;
    bool is_routed = false; // across the virtual router
};

Way route(const World&, const Card& sender, Ipv4 destination);

// Of a tunnel packet without inner MAC: whose address it has, or to whom a route of the sender's subnet leads - if
// the table serves somebody on `host` too, or it is not known there -, or any route of the VPC. nullptr: nobody on
// `host`.
const Card* receiver_by_address(const World&, const Cloud&, const std::string& host, Ipv4 source, Ipv4 destination);

} // namespace vpcd::oracle
