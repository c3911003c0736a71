// The rules of security groups, or of a network ACL, in the order in which they decide.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model.h"
#include "plan/rule_origin.h"

namespace vpcd {

struct OrderedRule {
    RuleOrigin origin;
    AccessRule rule;
    std::vector<Prefix> blocks; // of its peer, a list's too

    bool is_about_anybody() const { return rule.peer == Peer{}; }
};

// The first one that matches decides.
struct OrderedRules {
    std::uint32_t vni = 0;
    RulePolicy otherwise = RulePolicy::Drop;
    std::vector<OrderedRule> rules;
};

// Of all these groups together. One that does not exist lets nothing through that the others do not.
OrderedRules ordered_rules(const Model&, const Vpc&, const std::vector<std::string>& groups, Direction);
// One that does not exist lets nothing through.
OrderedRules ordered_rules(const Model&, const Vpc&, const std::string& acl, Direction);

} // namespace vpcd
