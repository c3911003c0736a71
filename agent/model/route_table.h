// RouteTable: custom routes of a VPC. Each VPC has a main table, which serves every subnet that names no other; a
// RouteTable with `main: true` adds custom routes to it. System routes (each subnet, 100.64.0.0/10) are in every
// table.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "model/fields.h"
#include "model/vpc.h"

namespace vpcd {

// Where a custom route leads. Exactly one member is set.
struct NextHop {
    std::string interface; // an instance or a secondary interface of the same VPC
    bool blackhole = false;
    std::string nat_gateway = {}; // of the same VPC

    friend bool operator==(const NextHop&, const NextHop&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("interface", self.interface, Reference{"Interface", false});
        visit.optional("natGateway", self.nat_gateway, Reference{"NatGateway", false});
        visit.optional("blackhole", self.blackhole);
    }
};

struct Route {
    Prefix destination;
    NextHop next_hop;

    friend bool operator==(const Route&, const Route&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("destination", self.destination);
        visit.required("nextHop", self.next_hop);
    }
};

struct RouteTable {
    static constexpr std::string_view kKind = "RouteTable";
    static constexpr std::string_view kMainName = "main"; // means the VPC's own main table; no document may have it
    static constexpr std::array kBuiltinNames{kMainName};

    std::string name;
    std::string vpc;
    bool main = false;
    std::vector<Route> routes;

    friend bool operator==(const RouteTable&, const RouteTable&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.optional("main", self.main);
        visit.optional("routes", self.routes);
    }
};

void check(const RouteTable&, RuleContext&);
Claims claims(const RouteTable&, const Model&);

} // namespace vpcd
