// Vpc: a tenant's private network. Its VNI separates it from every other, whatever addresses they share.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "model/fields.h"

namespace vpcd {

// RFC 6598 space that the platform keeps for its own services, in every VPC (S2, System route entries).
inline const Prefix kServiceBlock = Prefix::of(Address::v4(0x64400000), 10); // 100.64.0.0/10

// What becomes of TCP packets in the middle of a connection this host does not know.
enum class Midstream {
    AfterMove, // rules decide, while connections may live that the interface brought from another host; else dropped
    Accept,    // rules decide
    Drop,
};
const std::vector<std::pair<std::string_view, Midstream>>& names(Midstream);

struct Vpc {
    static constexpr std::string_view kKind = "Vpc";
    // Exists without a document as soon as an Interface names no subnet (S1, "Default VPC and VSwitch").
    static constexpr std::string_view kDefaultName = "default";
    static constexpr unsigned kDefaultVni = 1;

    std::string name;
    unsigned vni = 0; // 1..VPCD_MAX_VNI, unique; 1 is kept for the default VPC
    std::vector<Prefix> cidrs;
    bool allow_public_cidr = false;
    Midstream midstream = Midstream::AfterMove;
    std::optional<unsigned> connections = {}; // on each host; empty: Quotas::connections_per_vpc of that host

    friend bool operator==(const Vpc&, const Vpc&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vni", self.vni);
        visit.required("cidrs", self.cidrs);
        visit.optional("allowPublicCidr", self.allow_public_cidr);
        visit.optional("midstream", self.midstream);
        visit.optional("connections", self.connections);
    }

    // An address or a block is inside one of its blocks.
    bool contains(const auto& other) const
    {
        return std::ranges::any_of(cidrs, [&](const Prefix& block) { return block.contains(other); });
    }
};

// "10.0.0.0/16, 192.168.0.0/24"
std::string to_string(const std::vector<Prefix>& blocks);

void check(const Vpc&, RuleContext&);
Claims claims(const Vpc&, const Model&);

} // namespace vpcd
