// PrefixList: address blocks under one name, for the peers of rules.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "model/fields.h"

namespace vpcd {

struct PrefixList {
    static constexpr std::string_view kKind = "PrefixList";

    std::string name;
    std::vector<Prefix> prefixes; // 1 to Quotas::prefixes_per_list, each once; they may overlap

    friend bool operator==(const PrefixList&, const PrefixList&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("prefixes", self.prefixes);
    }
};

void check(const PrefixList&, RuleContext&);
Claims claims(const PrefixList&, const Model&);

} // namespace vpcd
