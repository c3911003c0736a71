// Policies and the rule sets they point to, as planned.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "plan/rule_set.h"
#include "plan/tables.h"

namespace vpcd {

// Always there, so that whoever finds no room is closed, not open: no packet passes.
inline constexpr std::uint32_t kDenyPolicy = 1;
inline constexpr std::uint32_t kDenyRuleSet = 1;

// Whose rules a policy is made of: of some groups together, or of a network ACL.
struct PolicyName {
    std::string vpc;
    Direction direction = Direction::Ingress;
    std::vector<std::string> groups; // sorted; empty: of the ACL
    std::string acl;

    // The same for the same only: "blue ingress of groups db web"
    std::string text() const;
    // What it is made of.
    std::vector<ResourceId> documents() const;
};

struct PlannedPolicy {
    PolicyName name;
    std::uint32_t id = 0;
    std::uint32_t rule_set = 0; // 0: not compiled yet
};

// Everything but `members` stays as it is for as long as the set is there.
struct PlannedRuleSet {
    std::string vpc;
    std::string content; // of which there is one in a VPC
    std::uint32_t id = 0;
    RuleSet set;
    std::map<std::uint32_t, ::rule_bits> members; // by the number of the set of groups a peer is in
};

void add_rows(const PlannedPolicy&, Tables&);
void add_rows(const PlannedRuleSet&, Tables&);
// The policy and the rule set for those who find no room.
void add_deny_rows(Tables&);

// The rules of all rule sets, by number.
class RuleOrigins {
public:
    void add(const OrderedRules&);
    void remove(const RuleSet&);
    // nullptr: there is none.
    const RuleOrigin* find(std::uint64_t id) const;

private:
    struct Entry {
        RuleOrigin origin;
        std::size_t uses = 0;
    };
    boost::unordered_flat_map<std::uint64_t, Entry> entries_;
};

} // namespace vpcd
