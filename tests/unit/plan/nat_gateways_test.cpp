// NAT gateways: the rows of the host that serves one, and the way that routes and wholly mapped addresses take to it.
#include <catch2/catch_test_macros.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <vpcd/abi/limits.h>

#include "plan/explain.h"
#include "plan/features.h"
#include "unit/plan/nat_world.h"

namespace vpcd {

using namespace test;

TEST_CASE("a gateway's host knows who shares which addresses, and where mapped ports lead")
{
    World world = with_gateway();
    world.plan();

    const auto* shared = shared_by(world, 100, "10.0.1.0/24");
    REQUIRE(shared);
    CHECK(shared->first_port == 1024);
    CHECK(shared->last_port == 65535);
    CHECK(shared->count == 2);
    CHECK(shared->flags == 0);
    CHECK(Address::from_abi(shared->addresses[1].address) == address("203.0.113.21"));
    CHECK(shared->addresses[1].id == public_row(world, "203.0.113.21")->id);
    CHECK(shared->generation == generation(world, "203.0.113.20"));
    CHECK(shared->generation == generation(world, "203.0.113.22"));
    CHECK(shared->generation != 0);
    CHECK(public_row(world, "203.0.113.20")->flags == PUBLIC_ANNOUNCED);
    CHECK(public_row(world, "203.0.113.20")->vpc == 100);

    const auto* mapped = forwarded(world, "203.0.113.22", 443);
    REQUIRE(mapped);
    CHECK(Address::from_abi(mapped->address) == address("10.0.1.10"));
    CHECK(ntohs(mapped->port) == 8443);
    CHECK(mapped->vpc == 100);
    CHECK_FALSE(forwarded(world, "203.0.113.22", 443, IPPROTO_UDP));

    CHECK(public_row(world, "203.0.113.23")->flags == (PUBLIC_WHOLE | PUBLIC_ANNOUNCED));
    CHECK(generation(world, "203.0.113.23") == 0);
    CHECK(world.planner.tables().elastics.size() == 1);
    CHECK(features_of(world.planner.tables()).test(FEATURE_NAT));
    CHECK(world.planner.tables().settings.at(0).translations_per_vpc == VPCD_MAX_TRANSLATIONS / 4);
    CHECK(world.plan().changes.empty());
}

TEST_CASE("settings of a gateway are in its rows")
{
    auto value = gateway();
    value.ports = {2000, 2999};
    value.mapping = NatMapping::EndpointIndependent;
    value.announce = Announce::Route;
    value.snat.push_back({.subnet = {}, .cidr = prefix("10.0.0.0/8"), .addresses = {address("203.0.113.20")}});
    World world = with_gateway(value);
    world.plan();

    CHECK(shared_by(world, 100, "10.0.1.0/24")->first_port == 2000);
    CHECK(shared_by(world, 100, "10.0.1.0/24")->last_port == 2999);
    CHECK(shared_by(world, 100, "10.0.0.0/8")->flags == SNAT_ENDPOINT_INDEPENDENT);
    CHECK(shared_by(world, 100, "10.0.0.0/8")->count == 1);
    CHECK(public_row(world, "203.0.113.20")->flags == 0);
}

TEST_CASE("a route leads to the gateway's host")
{
    World world = with_gateway();
    world.plan();
    REQUIRE(way_out(world));
    CHECK(way_out(world)->host == 0);
    CHECK(way_out(world)->flags == NEXT_HOP_OUTSIDE);
    CHECK(world.routes(100, "main") == std::vector<std::string>{"0.0.0.0/0 nat-gateway out", "10.0.1.0/24 subnet web",
                                                                "10.0.2.0/24 subnet db", "100.64.0.0/10 service"});
    const auto before = world.local("web-1")->generation;

    world.change<NatGateway>("out", [](NatGateway& value) { value.hosts = {{"node-b"}}; });
    world.plan();
    CHECK(world.planner.host_name(way_out(world)->host) == "node-b");
    CHECK(world.planner.tables().snats.empty());
    CHECK(world.planner.tables().publics.empty());
    CHECK(world.local("web-1")->generation != before);
    CHECK(world.planner.peers().contains(address("192.0.2.2")));

    world.remove({RouteTable::kKind, "main-blue"});
    world.plan();
    CHECK_FALSE(way_out(world));
    for (const auto& [index, row] : world.planner.tables().next_hops)
        CHECK((row.flags & ~NEXT_HOP_RETURN) == (row.flags & NEXT_HOP_RETURN ? NEXT_HOP_OUTSIDE : 0));
}

TEST_CASE("a wholly mapped address leaves by the gateway that maps it, without a route")
{
    auto value = gateway("out", "blue", "node-b");
    value.dnat[1].to = address("10.0.1.10");
    World world = with_gateway(value);
    world.remove({RouteTable::kKind, "main-blue"});
    world.plan();
    const auto outside = [&] { return world.endpoint(100, "10.0.1.10")->outside; };
    REQUIRE(outside() != 0);
    CHECK(world.planner.host_name(world.planner.tables().next_hops.at(outside()).host) == "node-b");
    const auto before = world.local("web-1")->generation;

    world.change<NatGateway>("out", [](NatGateway& other) { other.dnat.pop_back(); });
    world.plan();
    CHECK(outside() == 0);
    CHECK(world.local("web-1")->generation != before);

    world.put(value);
    world.plan();
    CHECK(outside() != 0);
    world.remove({NatGateway::kKind, "out"});
    world.plan();
    CHECK(outside() == 0);
}

TEST_CASE("a gateway's host knows its VPC without an interface of it")
{
    World world = with_gateway();
    world.put(gateway("red-out", "red", "node-a", "198.51.100."));
    world.plan();

    CHECK(world.planner.tables().vpcs.contains({.vpc = 200}));
    CHECK(world.endpoint(200, "10.0.1.10"));
    CHECK(shared_by(world, 200, "10.0.1.0/24"));
    world.remove({NatGateway::kKind, "red-out"});
    world.plan();
    CHECK_FALSE(world.planner.tables().vpcs.contains({.vpc = 200}));
    CHECK_FALSE(world.endpoint(200, "10.0.1.10"));
}

TEST_CASE("two tenants with equal addresses have each their own rows")
{
    World world = with_gateway();
    world.put(gateway("red-out", "red", "node-a", "198.51.100."));
    world.plan();

    CHECK(Address::from_abi(shared_by(world, 100, "10.0.1.0/24")->addresses[0].address) == address("203.0.113.20"));
    CHECK(Address::from_abi(shared_by(world, 200, "10.0.1.0/24")->addresses[0].address) == address("198.51.100.20"));
    CHECK(forwarded(world, "203.0.113.22", 443)->vpc == 100);
    CHECK(forwarded(world, "198.51.100.22", 443)->vpc == 200);
    const auto of_red = generation(world, "198.51.100.20");

    world.change<NatGateway>("out", [](NatGateway& value) { value.ports = {5000, 6000}; });
    const auto changes = world.plan().changes;
    CHECK(generation(world, "198.51.100.20") == of_red);
    CHECK(changes.snats.upserts.size() == 1);
}

TEST_CASE("a generation changes with what it stands for, and with nothing else")
{
    World world = with_gateway();
    world.plan();
    const auto before = generation(world, "203.0.113.20");

    world.restart();
    world.plan();
    CHECK(generation(world, "203.0.113.20") == before);

    world.change<NatGateway>("out", [](NatGateway& value) { value.dnat[0].to_port = 9443; });
    world.plan();
    CHECK(generation(world, "203.0.113.20") != before);
    world.put(gateway());
    world.plan();
    CHECK(generation(world, "203.0.113.20") == before);
}

TEST_CASE("a shared subnet's block follows the subnet")
{
    World world = with_gateway();
    world.plan();

    world.change<Subnet>("web", [](Subnet& value) { value.cidr = prefix("10.0.1.0/25"); });
    world.plan();

    CHECK(shared_by(world, 100, "10.0.1.0/25"));
    CHECK_FALSE(shared_by(world, 100, "10.0.1.0/24"));
}

TEST_CASE("rows of a gateway are told in words")
{
    World world = with_gateway();
    world.plan();
    const auto text = explain(world.planner.tables(), world.planner);

    for (const char* line : {"shared by 10.0.1.0/24 of blue: 203.0.113.20, 203.0.113.21 ports 1024-65535\n",
                             "TCP port 443 of 203.0.113.22 -> 10.0.1.10 port 8443 of blue\n",
                             "-> a gateway of blue announced by ARP\n", "-> 10.0.2.10 of blue announced by ARP\n"})
        CHECK(text.find(line) != std::string::npos);
}

} // namespace vpcd
