// How much a VPC may hold (S2, "Route table").
#pragma once

namespace vpcd {

// What the largest flow table of a host holds.
inline constexpr unsigned kMostConnections = 1u << 23;

struct Quotas {
    unsigned route_tables_per_vpc = 10;    // the main table, which every VPC has, counts
    unsigned custom_routes_per_table = 40; // system routes do not count
    unsigned groups_per_interface = 5;
    unsigned prefixes_per_list = 100;
    unsigned nat_entries_per_gateway = 100; // of SNAT, and as many of DNAT
    unsigned connections_per_vpc = 0;       // on this host; 0: half of what datapath.flows holds
    // Connections through NAT gateways of this host. 0: half of what datapath.translations holds; half of the VPC's.
    unsigned translations_per_vpc = 0;
    unsigned translations_per_address = 0; // a private one

    friend bool operator==(const Quotas&, const Quotas&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("routeTablesPerVpc", self.route_tables_per_vpc);
        visit.optional("customRoutesPerTable", self.custom_routes_per_table);
        visit.optional("groupsPerInterface", self.groups_per_interface);
        visit.optional("prefixesPerList", self.prefixes_per_list);
        visit.optional("natEntriesPerGateway", self.nat_entries_per_gateway);
        visit.optional("connectionsPerVpc", self.connections_per_vpc);
        visit.optional("translationsPerVpc", self.translations_per_vpc);
        visit.optional("translationsPerAddress", self.translations_per_address);
    }
};

} // namespace vpcd
