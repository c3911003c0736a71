// Addresses of the Internet, and the hosts that serve them.
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

// `vpc`: whose packets it translates; nullptr: none, or unknown.
void check_public_address(const std::string& path, const Address&, const Vpc* vpc, RuleContext&);
// The host of this name, if it is declared, leads to the Internet.
void check_external(const std::string& path, const std::string& host, RuleContext&);
// Each has one owner, of whatever VPC.
Claim public_address_claim(const Address&);

} // namespace vpcd
