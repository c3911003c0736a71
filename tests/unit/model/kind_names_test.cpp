// Kinds as people type them, and what the tunnel words mean.
#include "model/kind_names.h"

#include <catch2/catch_test_macros.hpp>

#include "model/kinds.h"

namespace vpcd {

TEST_CASE("a kind is known in any case, with dashes, and in the plural")
{
    struct Row {
        const char* typed;
        std::optional<std::string_view> kind;
    };
    const Row rows[] = {
        {"Subnet", Subnet::kKind},
        {"subnets", Subnet::kKind},
        {"SUBNETS", Subnet::kKind},
        {"route-tables", RouteTable::kKind},
        {"routetable", RouteTable::kKind},
        {"route_table", RouteTable::kKind},
        {"vpcs", Vpc::kKind},
        {"hosts", Host::kKind},
        {"interface", Interface::kKind},
        {"security-groups", SecurityGroup::kKind},
        {"sg", SecurityGroup::kKind},
        {"sgs", SecurityGroup::kKind},
        {"SG", SecurityGroup::kKind},
        {"networkacls", NetworkAcl::kKind},
        {"acl", NetworkAcl::kKind},
        {"acls", NetworkAcl::kKind},
        {"prefix-list", PrefixList::kKind},
        {"pl", PrefixList::kKind},
        {"nat-gateways", NatGateway::kKind},
        {"natgateway", NatGateway::kKind},
        {"nat", NatGateway::kKind},
        {"nats", NatGateway::kKind},
        {"elastic-ips", ElasticIp::kKind},
        {"elasticip", ElasticIp::kKind},
        {"eip", ElasticIp::kKind},
        {"EIPs", ElasticIp::kKind},
        {"bandwidth-packages", BandwidthPackage::kKind},
        {"load-balancers", LoadBalancer::kKind},
        {"lb", LoadBalancer::kKind},
        {"natgatewaies", std::nullopt},
        {"", std::nullopt},
        {"-", std::nullopt},
        {"s", std::nullopt},
        {"subnetss", std::nullopt},
    };
    for (const auto& row : rows) {
        INFO(row.typed);
        CHECK(kind_by_name(row.typed) == row.kind);
    }
    CHECK(kind_names() == std::vector<std::string_view>{"Host", "Vpc", "PrefixList", "SecurityGroup", "NetworkAcl",
                                                        "Subnet", "NatGateway", "RouteTable", "Interface",
                                                        "BandwidthPackage", "ElasticIp", "LoadBalancer"});
}

TEST_CASE("a slip of the pen finds the word that was meant, a different word finds none")
{
    const std::vector<std::string_view> words{"name", "cidr", "routeTable", "zone"};

    CHECK(closest("cdir", words) == "cidr");
    CHECK(closest("routetable", words) == "routeTable");
    CHECK(closest("route_tables", words) == "routeTable");
    CHECK(closest("nam", words) == "name");
    CHECK(closest("gateway", words).empty());
    CHECK(closest("", words).empty());
    CHECK(closest(std::string(1'000'000, 'x'), words).empty());
}

TEST_CASE("every tunnel a document can name has its overhead")
{
    struct Row {
        std::string_view word;
        Encapsulation encapsulation;
        unsigned overhead;
    };
    const Row rows[] = {
        {"vxlan", Encapsulation::Vxlan, 50}, {"geneve", Encapsulation::Geneve, 50}, {"gre", Encapsulation::Gre, 28}};

    CHECK(names(Encapsulation{}).size() == std::size(rows));
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        INFO(rows[i].word);
        CHECK(names(Encapsulation{})[i] == std::pair{rows[i].word, rows[i].encapsulation});
        CHECK(overhead(rows[i].encapsulation) == rows[i].overhead);
    }
}

} // namespace vpcd
