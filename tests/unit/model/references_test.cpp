// Names of other resources, found through describe().
#include "model/references.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("every reference is found with its field and its sort")
{
    auto router = table("custom", "blue", {route("0.0.0.0/0", "fw"), route("10.9.0.0/16", "")});
    router.routes[1].next_hop.blackhole = true;

    CHECK(references(router) == std::vector<FieldReference>{
                                    {{Vpc::kKind, "blue"}, "vpc", true},
                                    {{Interface::kKind, "fw"}, "routes[0].nextHop.interface", false},
                                });
}

TEST_CASE("an empty name and a built-in name refer to nothing")
{
    Interface unplaced = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");

    CHECK(references(unplaced) == std::vector<FieldReference>{{{Subnet::kKind, "web"}, "subnet", true}});
    CHECK(references(subnet("web", "blue", "10.0.1.0/24")) ==
          std::vector<FieldReference>{{{Vpc::kKind, "blue"}, "vpc", true}});
}

TEST_CASE("groups, lists and ACLs are used, not lain in; the two default groups are nobody's document")
{
    SecurityGroup web;
    web.name = "web";
    web.vpc = "blue";
    web.rules.resize(3);
    web.rules[0].peer.group = "bastion";
    web.rules[1].peer.prefix_list = "offices";
    web.rules[2].peer.group = "default-1";
    Interface card = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");
    card.security_groups = {"default-2", "web"};
    Subnet guarded = subnet("web", "blue", "10.0.1.0/24");
    guarded.network_acl = "edge";

    CHECK(references(web) == std::vector<FieldReference>{
                                 {{Vpc::kKind, "blue"}, "vpc", true},
                                 {{SecurityGroup::kKind, "bastion"}, "rules[0].peer.group", false},
                                 {{PrefixList::kKind, "offices"}, "rules[1].peer.prefixList", false},
                             });
    CHECK(references(card) == std::vector<FieldReference>{
                                  {{Subnet::kKind, "web"}, "subnet", true},
                                  {{SecurityGroup::kKind, "web"}, "securityGroups[1]", false},
                              });
    CHECK(references(guarded) == std::vector<FieldReference>{
                                     {{Vpc::kKind, "blue"}, "vpc", true},
                                     {{NetworkAcl::kKind, "edge"}, "networkAcl", false},
                                 });
}

TEST_CASE("an elastic IP and a NAT gateway use what they name; the gateway lies in its VPC")
{
    ElasticIp elastic{.name = "e", .address = {}, .interface = "web-1", .private_address = {}, .host = "node-a"};
    NatGateway gateway{.name = "g", .vpc = "blue", .hosts = {{"node-a"}}, .snat = {}, .dnat = {}};
    gateway.snat.resize(2);
    gateway.snat[1].subnet = "web";
    auto router = table("custom", "blue", {route("0.0.0.0/0", "")});
    router.routes[0].next_hop.nat_gateway = "g";

    CHECK(references(elastic) == std::vector<FieldReference>{
                                     {{Interface::kKind, "web-1"}, "interface", false},
                                     {{Host::kKind, "node-a"}, "host", false},
                                 });
    CHECK(references(gateway) == std::vector<FieldReference>{
                                     {{Vpc::kKind, "blue"}, "vpc", true},
                                     {{Host::kKind, "node-a"}, "host[0].name", false},
                                     {{Subnet::kKind, "web"}, "snat[1].subnet", false},
                                 });
    CHECK(references(router) == std::vector<FieldReference>{
                                    {{Vpc::kKind, "blue"}, "vpc", true},
                                    {{NatGateway::kKind, "g"}, "routes[0].nextHop.natGateway", false},
                                });
}

} // namespace vpcd
