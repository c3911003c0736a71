// BandwidthPackage: a cap that several elastic IPs share.
#pragma once

#include <string>

#include "model/bandwidth.h"

namespace vpcd {

struct BandwidthPackage {
    static constexpr std::string_view kKind = "BandwidthPackage";

    std::string name;
    Bandwidth bandwidth; // shared by those that one host serves

    friend bool operator==(const BandwidthPackage&, const BandwidthPackage&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("bandwidth", self.bandwidth);
    }
};

void check(const BandwidthPackage&, RuleContext&);
Claims claims(const BandwidthPackage&, const Model&);

} // namespace vpcd
