// A host holds only what it needs: the VPCs that have an interface on it, and of these only the tables in use.
#include <catch2/catch_test_macros.hpp>

#include "plan/planned.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

std::size_t rows_of(const Tables& tables, std::uint32_t vni)
{
    std::size_t count = 0;
    const auto by_key = [&](const auto& table) {
        for (const auto& [key, row] : table)
            count += key.vpc == vni;
    };
    const auto by_row = [&](const auto& table) {
        for (const auto& [key, row] : table)
            count += row.vpc == vni;
    };
    by_key(tables.vpcs);
    by_key(tables.subnets);
    by_key(tables.endpoints);
    by_key(tables.stations);
    by_key(tables.routes);
    by_row(tables.next_hops);
    by_row(tables.interfaces);
    return count;
}

} // namespace

TEST_CASE("a VPC has rows from its first interface on this host to its last")
{
    World world = planned_network();
    const Tables without = world.planner.tables();
    REQUIRE(rows_of(without, 200) == 0);

    world.move("red-1", "node-a").plan();
    CHECK(rows_of(world.planner.tables(), 200) ==
          9); // vpc, subnet, gateway, address, slot, interface, station, routes
    CHECK(world.routes(200, "main").size() == 2);
    CHECK(world.planner.vpc_name(200) == "red");

    world.move("red-1", "node-b").plan();
    CHECK(rows_of(world.planner.tables(), 200) == 0);
    CHECK(world.planner.vpc_name(200).empty());
    // What is left of it are the two numbers that must not be used again.
    CHECK(summary(diff(world.planner.tables(), without)) == "next_hops 1, interfaces 1");
}

TEST_CASE("a host has only peers it shares a VPC with")
{
    World world = planned_network();
    REQUIRE(world.planner.peers() == std::set{address("192.0.2.2")});

    world.put(interface("db-2", "db", "10.0.2.11", "node-c")).plan();
    CHECK(world.planner.peers() == std::set{address("192.0.2.2"), address("192.0.2.3")});

    world.remove({Interface::kKind, "web-1"}).plan();
    CHECK(world.planner.peers().empty());
    for (const auto& [id, row] : world.planner.tables().hosts)
        CHECK(row.flags == 0);
}

TEST_CASE("only tables that serve a local interface have rows")
{
    World world = network();
    world.put(table("extra", "blue", {blackhole("10.9.0.0/16")}));
    world.change<Subnet>("db", [](Subnet& value) { value.route_table = "extra"; });
    world.plan();
    CHECK(world.routes(100, "extra").empty());
    CHECK(world.routes(100, "main").size() == 3);
    CHECK(find_row(world.planner.tables().subnets, {.vpc = 100, .subnet = fnv1a("db")})->route_table ==
          fnv1a("extra"));

    world.move("db-1", "node-a").plan();
    CHECK(world.routes(100, "extra").size() == 4);

    world.move("web-1", "node-b").plan();
    CHECK(world.routes(100, "main").empty());
}

TEST_CASE("a subnet bound to a custom table and unbound again returns to the main one")
{
    World world = network();
    world.put(table("extra", "blue", {blackhole("10.9.0.0/16")}));
    world.plan();
    const auto before = world.planner.tables();

    world.change<Subnet>("web", [](Subnet& value) { value.route_table = "extra"; }).plan();
    CHECK(world.routes(100, "main").empty());
    CHECK(world.routes(100, "extra") == std::vector<std::string>{"10.0.1.0/24 subnet web", "10.0.2.0/24 subnet db",
                                                                 "10.9.0.0/16 blackhole", "100.64.0.0/10 service"});

    world.change<Subnet>("web", [](Subnet& value) { value.route_table = "main"; }).plan();
    CHECK(summary(diff(world.planner.tables(), before)) == "interfaces 1"); // its generation
}

TEST_CASE("a table's routes follow its document into the main table and out of it")
{
    World world = network();
    world.put(table("extra", "blue", {blackhole("10.9.0.0/16")}));
    world.change<Subnet>("web", [](Subnet& value) { value.route_table = "extra"; }).plan();

    world.change<RouteTable>("extra", [](RouteTable& value) { value.main = true; }).plan();
    CHECK(world.routes(100, "main").size() == 4);
    CHECK(world.routes(100, "extra").empty());

    world.change<RouteTable>("extra", [](RouteTable& value) { value.main = false; }).plan();
    CHECK(world.routes(100, "main").empty());
    CHECK(world.routes(100, "extra").size() == 4);
}

TEST_CASE("a VPC that gets another VNI is planned anew under it")
{
    World world = planned_network();
    const auto rows = rows_of(world.planner.tables(), 100);

    world.put(vpc("blue", 300)).plan();

    CHECK(rows_of(world.planner.tables(), 100) == 0);
    CHECK(rows_of(world.planner.tables(), 300) == rows);
    CHECK(world.planner.vpc_name(300) == "blue");
}

TEST_CASE("a host without a document does nothing and says so, until it has one")
{
    World world = network();
    world.remove({Host::kKind, "node-a"});
    const auto result = world.plan();

    CHECK(result.changes.empty());
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].sentence() == "no Host document is named 'node-a': nothing to do");

    CHECK(world.put(host("node-a", "192.0.2.1")).plan().errors.empty());
    World fresh = planned_network();
    CHECK(diff(world.planner.tables(), fresh.planner.tables()).empty());

    world.remove({Host::kKind, "node-a"}).plan();
    CHECK(rows_of(world.planner.tables(), 100) == 0);
    CHECK(world.planner.tables().hosts.empty());
    CHECK(world.planner.tables().settings.empty());
}

TEST_CASE("the second pass over an unchanged model writes nothing")
{
    World world = network();
    CHECK_FALSE(world.plan().changes.empty());

    CHECK(world.plan().changes.empty());
    REQUIRE(everything(world.model).size() == 11);
    CHECK(world.planner.update(world.model, everything(world.model), world.facts).changes.empty());
    CHECK(world.planner.facts_changed(world.model, world.facts).changes.empty());
}

TEST_CASE("a host without a path is believed but not reachable; a path that is resolved later changes its row alone")
{
    World world = network();
    world.facts.paths.clear();
    world.plan();
    const auto id = find_row(world.planner.tables().vteps, {.address = address("192.0.2.2").abi()})->host;
    CHECK(world.planner.tables().hosts.at(id).flags == 0);

    world.facts.paths[address("192.0.2.2")] = path();
    world.facts.paths[address("192.0.2.2")].destination_mac.reset();
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "hosts 1");
    CHECK(world.planner.tables().hosts.at(id).flags == HOST_REACHABLE);

    world.facts.paths[address("192.0.2.2")] = path();
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "hosts 1");
    CHECK(world.planner.tables().hosts.at(id).flags == (HOST_REACHABLE | HOST_RESOLVED));

    world.facts.paths[address("198.51.100.1")] = path();
    CHECK(world.planner.facts_changed(world.model, world.facts).changes.empty());
}

} // namespace vpcd
