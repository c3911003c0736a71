// NetworkAcl: which packets cross the border of a subnet. Stateless: a question and its answer each need a rule.
// Rules are asked in the order of the document, the first that matches decides; what none matches is dropped. Only
// packets whose other end is an address outside the subnet are asked about.
#pragma once

#include <string>
#include <vector>

#include "model/access_rule.h"
#include "model/vpc.h"

namespace vpcd {

struct NetworkAcl {
    static constexpr std::string_view kKind = "NetworkAcl";

    std::string name;
    std::string vpc;
    std::vector<AccessRule> rules; // peers are blocks or prefix lists, not groups

    friend bool operator==(const NetworkAcl&, const NetworkAcl&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.optional("rules", self.rules);
    }
};

void check(const NetworkAcl&, RuleContext&);
Claims claims(const NetworkAcl&, const Model&);

} // namespace vpcd
