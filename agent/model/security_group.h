// SecurityGroup: who may open connections to and from the interfaces that are its members. Stateful: what answers,
// and ICMP errors about it, pass.
//
// The rules of all groups of an interface (1 to 5) decide together: the smallest priority first; among equal ones
// those that drop; then by the names of groups and the order in the document. After all of them, members of one group
// let each other in and out, unless it is isolated. What no rule matches is dropped inbound; outbound it is allowed,
// unless one of the groups says `egressDefault: drop`.
#pragma once

#include <string>
#include <vector>

#include "model/access_rule.h"
#include "model/vpc.h"

namespace vpcd {

struct SecurityGroupRule : AccessRule {
    static constexpr unsigned kFirst = 1; // decides before all others
    static constexpr unsigned kLast = 100;

    unsigned priority = kFirst;

    friend bool operator==(const SecurityGroupRule&, const SecurityGroupRule&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        AccessRule::describe(self, visit);
        visit.optional("priority", self.priority);
    }
};

struct SecurityGroup {
    static constexpr std::string_view kKind = "SecurityGroup";
    // Exist in every VPC without a document (S1, "ECS security group"): all outbound; inbound ICMP and TCP 22 and
    // 3389, of the first also 80 and 443. Interfaces that name no group are in the first, those of the default VPC in
    // the second. No document may have these names.
    static constexpr std::string_view kDefault1 = kBuiltinGroups[0];
    static constexpr std::string_view kDefault2 = kBuiltinGroups[1];

    std::string name;
    std::string vpc;
    bool isolated = false; // true: being members of it lets nobody through
    RulePolicy egress_default = RulePolicy::Allow;
    std::vector<SecurityGroupRule> rules;

    friend bool operator==(const SecurityGroup&, const SecurityGroup&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.optional("isolated", self.isolated);
        visit.optional("egressDefault", self.egress_default);
        visit.optional("rules", self.rules);
    }
};

// One of the two that need no document; its `vpc` is empty: any.
const SecurityGroup* builtin_group(std::string_view name);

void check(const SecurityGroup&, RuleContext&);
Claims claims(const SecurityGroup&, const Model&);

} // namespace vpcd
