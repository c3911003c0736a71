// How much a VPC may hold (S2, "Route table").
#pragma once

namespace vpcd {

struct Quotas {
    unsigned route_tables_per_vpc = 10;    // the main table, which every VPC has, counts
    unsigned custom_routes_per_table = 40; // system routes do not count

    friend bool operator==(const Quotas&, const Quotas&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("routeTablesPerVpc", self.route_tables_per_vpc);
        visit.optional("customRoutesPerTable", self.custom_routes_per_table);
    }
};

} // namespace vpcd
