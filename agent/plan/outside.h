// Which host serves a public address.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace vpcd {

// The host of the interface it is bound to, if that leads to the Internet; else the one its document names. Empty:
// nobody does, or it is bound to nothing.
std::string serving_host(const Model&, const ElasticIp&);
// The same of an address of this VPC that a NAT gateway maps whole.
std::string serving_host(const Model&, const Address&, const std::string& vpc);

// By which of its hosts what instances of `host` send leaves: that one itself if it is among them, else one that is
// drawn by the names (rendezvous hashing), so that many hosts spread over the gateways and few move when those
// change.
std::string leaving_host(const NatGateway&, const std::string& host);

// Who answers the Internet for this backend: its own host, where the document says so and that host leads there.
// Empty: the host of the load balancer.
std::string returning_host(const Model&, const LoadBalancer&, const Backend&);

// Is any address of the Internet bound, shared or mapped, here or elsewhere, or is there a load balancer?
bool has_publics(const Model&);

// The private addresses that a NAT gateway maps whole.
struct WhollyMapped {
    std::string vpc;
    std::vector<Address> addresses;
};
WhollyMapped wholly_mapped(const NatGateway&);

} // namespace vpcd
