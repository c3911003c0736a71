// What ElasticIp, NatGateway and LoadBalancer have in common: addresses of the Internet, and the hosts that serve
// them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "model/claims.h"
#include "model/fields.h"
#include "model/vpc.h"

namespace vpcd {

// How the world outside learns which host serves an address.
enum class Announce {
    Arp,   // the host answers who asks for it on the external device
    Route, // a route leads to the host
};
const std::vector<std::pair<std::string_view, Announce>>& names(Announce);

// A list of them may be written as its only item.
struct PublicAddress : Address {
    static constexpr bool kMayStandAlone = true;

    PublicAddress() = default;
    PublicAddress(const Address& address) : Address(address) {} // NOLINT: the same value
    static Result<PublicAddress> parse(std::string_view text);
};

// `vpc`: whose packets it translates; nullptr: none, or unknown.
void check_public_address(const std::string& path, const Address&, const Vpc* vpc, RuleContext&);
// The host of this name, if it is declared, leads to the Internet.
void check_external(const std::string& path, const std::string& host, RuleContext&);
// Each has one owner, of whatever kind and VPC.
Claim public_address_claim(const Address&);

} // namespace vpcd
