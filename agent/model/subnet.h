// Subnet: a block of a VPC. The first and the last three addresses are reserved (S2, "VSwitch configurations").
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "model/network_acl.h"
#include "model/route_table.h"
#include "model/vpc.h"

namespace vpcd {

struct Subnet {
    static constexpr std::string_view kKind = "Subnet";

    std::string name;
    std::string vpc;
    Prefix cidr;
    std::string zone = "default";
    std::string route_table{RouteTable::kMainName}; // "main" or a RouteTable of the same VPC
    std::string network_acl = {};                   // of the same VPC; empty: everything crosses its border

    friend bool operator==(const Subnet&, const Subnet&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.required("cidr", self.cidr);
        visit.optional("zone", self.zone);
        visit.optional("routeTable", self.route_table,
                       Reference{RouteTable::kKind, false, RouteTable::kBuiltinNames});
        visit.optional("networkAcl", self.network_acl, Reference{NetworkAcl::kKind, false});
    }

    // The virtual router's address: the first of the last three reserved ones (192.168.1.253 of 192.168.1.0/24).
    Address gateway() const { return offset(cidr.last(), -2); }
    // Network address, gateway, and the two above it.
    bool reserves(const Address& address) const { return address == cidr.address() || address >= gateway(); }
};

void check(const Subnet&, RuleContext&);
Claims claims(const Subnet&, const Model&);

} // namespace vpcd
