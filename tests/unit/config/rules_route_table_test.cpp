// Rules of RouteTable.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

TEST_CASE("rules of a route table")
{
    check_rows({
        {"a system route may be overridden, and a default route be set",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 10.0.1.0/24, nextHop: {blackhole: true}}\n"
         "  - {destination: 0.0.0.0/0, nextHop: {interface: web-1}}\n"
         "  - {destination: 100.0.0.0/8, nextHop: {interface: web-1}}\n",
         {}},
        {"the name of the main table",
         "{kind: RouteTable, name: main, vpc: red}\n",
         {"net.yaml:1:26: 'main' means the VPC's own main table; give this one another name and 'main: true' to add "
          "routes to that"}},
        {"a second document for the main table",
         "{kind: RouteTable, name: t, vpc: blue, main: true}\n",
         {"net.yaml:1:46: the main route table of VPC blue is taken by RouteTable blue-main (base.yaml:11:58); one "
          "RouteTable of a VPC has 'main: true' (S2, Route table)"}},
        {"destinations among the services",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 100.64.0.0/10, nextHop: {blackhole: true}}\n"
         "  - {destination: 100.100.0.1/32, nextHop: {blackhole: true}}\n",
         {"net.yaml:5:19: destination 100.64.0.0/10 is inside 100.64.0.0/10, which is kept for services (S2, System "
          "route entries)",
          "net.yaml:6:19: destination 100.100.0.1/32 is inside 100.64.0.0/10, which is kept for services (S2, System "
          "route entries)"}},
        {"a destination twice",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 10.9.0.0/16, nextHop: {blackhole: true}}\n"
         "  - {destination: 10.9.0.0/16, nextHop: {interface: web-1}}\n",
         {"net.yaml:6:19: destination 10.9.0.0/16 is already at net.yaml:5:19; a table has one route per "
          "destination"}},
        {"no next hop, and two at once",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 10.9.0.0/16, nextHop: {}}\n"
         "  - {destination: 10.8.0.0/16, nextHop: {interface: web-1, blackhole: true}}\n"
         "  - {destination: 10.7.0.0/16, nextHop: {blackhole: false}}\n"
         "  - {destination: 10.6.0.0/16, nextHop: {interface: web-1, natGateway: g}}\n"
         "--- {kind: NatGateway, name: g, vpc: blue, host: gateway}\n",
         {"net.yaml:5:41: a next hop is one of 'interface', 'natGateway' and 'blackhole: true'; here is none",
          "net.yaml:6:41: a next hop is one of 'interface', 'natGateway' and 'blackhole: true'; here are interface "
          "and blackhole",
          "net.yaml:7:41: a next hop is one of 'interface', 'natGateway' and 'blackhole: true'; here is none",
          "net.yaml:8:41: a next hop is one of 'interface', 'natGateway' and 'blackhole: true'; here are interface "
          "and natGateway"}},
        {"a NAT gateway",
         "{kind: NatGateway, name: g, vpc: blue, host: gateway}\n"
         "---\nkind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 0.0.0.0/0, nextHop: {natGateway: g}}\n",
         {}},
        {"a NAT gateway of another VPC, and one that is not there",
         "{kind: NatGateway, name: g, vpc: red, host: gateway}\n"
         "---\nkind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 0.0.0.0/0, nextHop: {natGateway: g}}\n"
         "  - {destination: 10.8.0.0/16, nextHop: {natGateway: gone}}\n",
         {"net.yaml:7:52: NAT gateway g (net.yaml:1:1) is in VPC red, not in blue; a next hop is in the table's own "
          "VPC "
          "(S2, Route entry)",
          "net.yaml:8:54: there is no NatGateway gone; a name must be that of a declared resource"}},
        {"an interface of another VPC, and one that is not there",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
         "  - {destination: 10.9.0.0/16, nextHop: {interface: red-1}}\n"
         "  - {destination: 10.8.0.0/16, nextHop: {interface: gone}}\n",
         {"net.yaml:5:53: interface red-1 (base.yaml:9:5) is in VPC red, not in blue; a next hop is in the table's "
          "own "
          "VPC (S2, Route entry)",
          "net.yaml:6:53: there is no Interface gone; a name must be that of a declared resource"}},
        {"IPv6",
         "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n  - {destination: '::/0', nextHop: {blackhole: true}}\n",
         {"net.yaml:5:19: ::/0 is an IPv6 block; only IPv4 is forwarded for now"}},
    });
}

TEST_CASE("a VPC has as many tables as its quota, the main one included")
{
    const auto tables = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i)
            text += fmt::format("--- {{kind: RouteTable, name: t{}, vpc: blue}}\n", i);
        return text;
    };
    Documents documents = network();
    const auto refused = refusal(documents, {{"net.yaml", tables(11)}});
    Documents small = network({.route_tables_per_vpc = 2, .custom_routes_per_table = 40});

    CHECK(refused ==
          std::vector<std::string>{
              "net.yaml:10:5: route table t9 is one too many: a VPC has at most 10, its main table included "
              "(S2, Route table; quotas.routeTablesPerVpc)",
              "net.yaml:11:5: route table t10 is one too many: a VPC has at most 10, its main table "
              "included (S2, Route table; quotas.routeTablesPerVpc)"});
    CHECK(refusal(documents, {{"net.yaml", tables(9)}}).empty());
    CHECK(refusal(small, {{"net.yaml", tables(1)}}).empty());
    CHECK(refusal(small, {{"net.yaml", tables(2)}}).size() == 1);
}

TEST_CASE("a table has as many custom routes as its quota")
{
    const auto table = [](int count) {
        std::string text = "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n";
        for (int i = 0; i < count; ++i)
            text += fmt::format("  - {{destination: 10.{}.0.0/16, nextHop: {{blackhole: true}}}}\n", i);
        return text;
    };
    Documents documents = network();

    CHECK(refusal(documents, {{"net.yaml", table(41)}}) ==
          std::vector<std::string>{"net.yaml:45:5: route table t has 41 custom routes; a table has at most 40 "
                                   "(quotas.customRoutesPerTable)"});
    CHECK(refusal(documents, {{"net.yaml", table(40)}}).empty());
}

TEST_CASE("a next hop cannot leave the VPC of the table that uses it")
{
    Documents documents = network();
    const std::string table = "kind: RouteTable\nname: t\nvpc: blue\nroutes:\n"
                              "  - {destination: 0.0.0.0/0, nextHop: {interface: fw}}\n";
    const auto firewall = [](const char* subnet) {
        return fmt::format(
            "{{kind: Interface, name: fw, subnet: {}, address: 10.0.1.20, mac: '02:00:00:00:00:01'}}\n", subnet);
    };
    REQUIRE(documents.update({{"table.yaml", table}, {"fw.yaml", firewall("web")}}));

    CHECK(
        refusal(documents, {{"fw.yaml", firewall("red-web")}}) ==
        std::vector<std::string>{"table.yaml:5:51: interface fw (fw.yaml:1:1) is in VPC red, not in blue; a next hop "
                                 "is in the table's own VPC (S2, Route entry)"});
}

TEST_CASE("a NAT gateway cannot leave the VPC of the table that uses it")
{
    Documents documents = network();
    const auto gateway = [](const char* vpc) {
        return fmt::format("{{kind: NatGateway, name: g, vpc: {}, host: gateway}}\n", vpc);
    };
    REQUIRE(documents.update({{"g.yaml", gateway("blue")},
                              {"table.yaml", "{kind: RouteTable, name: t, vpc: blue, routes: [{destination: "
                                             "0.0.0.0/0, nextHop: {natGateway: g}}]}\n"}}));

    CHECK(refusal(documents, {{"g.yaml", gateway("red")}}) ==
          std::vector<std::string>{"table.yaml:1:96: NAT gateway g (g.yaml:1:1) is in VPC red, not in blue; a next "
                                   "hop is in the table's own VPC (S2, Route entry)"});
    CHECK(refusal(documents, {{"g.yaml", std::nullopt}}) ==
          std::vector<std::string>{
              "table.yaml:1:96: there is no NatGateway g; a name must be that of a declared resource"});
}

} // namespace vpcd
