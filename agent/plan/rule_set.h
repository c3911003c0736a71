// A rule set: ordered rules as the bitmaps of vpcd/abi/policy.h, which answer at the same cost however many there
// are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <vpcd/abi/policy.h>

#include "plan/rule_order.h"

namespace vpcd {

using RulePeers = std::vector<std::pair<::rule_peer_key, ::rule_bits>>;
using RulePorts = std::vector<std::pair<::rule_port_key, ::rule_bits>>;

// Rows without the number of the set, which is 0 in their keys.
struct RuleSet {
    std::uint32_t vni = 0;
    ::rule_verdict otherwise = RULE_VERDICT_DROP;
    std::vector<::rule> rules;                              // by bit
    RulePeers peers;                                        // in the order of keys, as bytes
    RulePorts ports;                                        // the same
    std::map<std::string, ::rule_bits, std::less<>> groups; // rules whose peer is this group

    // A rule with this verdict has this group for a peer.
    bool has_peer(std::string_view group, ::rule_verdict) const;
};

// Fails when there are more rules than a set holds.
Result<RuleSet> compile(const OrderedRules&);

// The rows of its parts; rules count by their place in the list.
RulePeers rule_peers(const std::vector<OrderedRule>&);
RulePorts rule_ports(const std::vector<OrderedRule>&);

// The rules for members of all of these groups: empty when none is a peer.
::rule_bits rules_for_members(const RuleSet&, const std::vector<std::string>& groups);

// Sets with the same rows have the same. Which groups are peers follows from the rules' numbers.
std::string content_of(const RuleSet&);

} // namespace vpcd
