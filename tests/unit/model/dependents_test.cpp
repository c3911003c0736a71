// Who has to be looked at again after a change.
#include "model/model.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("a change reaches what is placed inside, at any depth, and one step further what makes use of that")
{
    struct Row {
        const char* name;
        ResourceId changed;
        ResourceIds expected;
    };
    const ResourceId node_a{Host::kKind, "node-a"}, blue{Vpc::kKind, "blue"}, web{Subnet::kKind, "web"},
        db{Subnet::kKind, "db"}, custom{RouteTable::kKind, "custom"}, web_1{Interface::kKind, "web-1"},
        db_1{Interface::kKind, "db-1"}, absent{Vpc::kKind, "absent"};
    const Row rows[] = {
        {"a host: its interfaces", node_a, {web_1}},
        {"an interface: the tables that route to it, but not the subnets of these", db_1, {custom}},
        {"an interface nobody routes to: none", web_1, {}},
        {"a table: its subnets, but not their interfaces", custom, {web}},
        {"a subnet: its interfaces, and the tables that route to these", db, {db_1, custom}},
        {"a VPC: all of it", blue, {web, db, custom, web_1, db_1}},
        {"what nobody names: none", absent, {}},
    };
    const Model model = network();

    for (const auto& row : rows) {
        INFO(row.name);
        CHECK(model.dependents({row.changed}) == row.expected);
    }
}

TEST_CASE("a change of a group reaches its members and the groups that name it, of a list the rules that name it")
{
    Model model = network();
    PrefixList offices;
    offices.name = "offices";
    SecurityGroup web, db;
    web.name = "web";
    db.name = "db";
    web.vpc = db.vpc = "blue";
    web.rules.resize(1);
    web.rules[0].peer.prefix_list = "offices";
    db.rules.resize(1);
    db.rules[0].peer.group = "web";
    auto member = *model.find<Interface>("web-1");
    member.security_groups = {"web"};
    model.apply(declare(offices));
    model.apply(declare(web));
    model.apply(declare(db));
    model.apply(declare(member));

    CHECK(model.dependents({{SecurityGroup::kKind, "web"}}) ==
          ResourceIds{{Interface::kKind, "web-1"}, {SecurityGroup::kKind, "db"}});
    CHECK(model.dependents({{PrefixList::kKind, "offices"}}) == ResourceIds{{SecurityGroup::kKind, "web"}});
}

TEST_CASE("a change of where an interface is reaches its elastic IP, and so does a change of the host")
{
    Model model = network();
    model.apply(
        declare(ElasticIp{.name = "e", .address = {}, .interface = "web-1", .private_address = {}, .host = {}}));
    const ResourceId elastic{ElasticIp::kKind, "e"};

    for (const auto& changed : {ResourceId{Vpc::kKind, "blue"}, ResourceId{Subnet::kKind, "web"},
                                ResourceId{Interface::kKind, "web-1"}, ResourceId{Host::kKind, "node-a"}}) {
        INFO(to_string(changed));
        CHECK(model.dependents({changed}).contains(elastic));
    }
    CHECK_FALSE(model.dependents({{Subnet::kKind, "db"}}).contains(elastic));
}

TEST_CASE("a change of a VPC, a subnet or a host reaches its NAT gateway, and the tables that lead to that")
{
    Model model = network();
    NatGateway gateway{.name = "g", .vpc = "blue", .hosts = {{"node-a"}}, .snat = {}, .dnat = {}};
    gateway.snat.resize(1);
    gateway.snat[0].subnet = "web";
    auto out = table("out", "blue", {route("0.0.0.0/0", "")});
    out.routes[0].next_hop.nat_gateway = "g";
    model.apply(declare(gateway));
    model.apply(declare(out));
    const ResourceId gateway_id{NatGateway::kKind, "g"};

    for (const auto& changed :
         {ResourceId{Vpc::kKind, "blue"}, ResourceId{Subnet::kKind, "web"}, ResourceId{Host::kKind, "node-a"}}) {
        INFO(to_string(changed));
        CHECK(model.dependents({changed}).contains(gateway_id));
    }
    CHECK(model.dependents({gateway_id}) == ResourceIds{{RouteTable::kKind, "out"}});
}

TEST_CASE("who refers to a resource is known before the resource exists")
{
    Model model;
    model.apply(declare(subnet("web", "blue", "10.0.1.0/24")));

    CHECK(model.referrers({Vpc::kKind, "blue"}) == std::set<ResourceId>{{Subnet::kKind, "web"}});
    CHECK(model.referrers<Interface>({Vpc::kKind, "blue"}).empty());
}

} // namespace vpcd
