// Bandwidth caps: the rows of those who have them, and of those who share them.
#include <catch2/catch_test_macros.hpp>

#include "plan/planned_bandwidth.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

ElasticIp elastic(const std::string& name, std::string_view at, const std::string& interface, std::string package)
{
    ElasticIp value;
    value.name = name;
    value.address = address(at);
    value.interface = interface;
    value.bandwidth_package = std::move(package);
    return value;
}

// node-a, this host, leads to the Internet.
World with_external()
{
    World world = network();
    auto self = host("node-a", "192.0.2.1");
    self.external = ExternalLink{"external0"};
    world.put(self);
    world.facts.links["external0"] = link(20, "external0");
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    return world;
}

unsigned megabits(const World& world, std::uint32_t index)
{
    return index == 0 ? 0 : megabits_of(world.planner.tables().limits.at(index));
}

::public_limits limits_of(const World& world, std::string_view at)
{
    const auto& tables = world.planner.tables();
    const auto* row = find_row(tables.public_limits, tables.publics.at({.address = address(at).abi()}).id);
    return row ? *row : ::public_limits{};
}

} // namespace

TEST_CASE("what a megabit is, from the slowest cap to the fastest")
{
    for (const unsigned rate : {1U, 7U, 1'000U, 399'999U, Bandwidth::kMost})
        CHECK(megabits_of(limit_of(rate)) == rate);
    CHECK(limit_of(8).byte_time >> LIMIT_SHIFT == 1'000); // a megabyte a second
    CHECK(limit_of(Bandwidth::kMost).byte_time > 0);
}

TEST_CASE("an interface's caps are rows of its own")
{
    World world = network();
    auto web = interface("web-1", "web", "10.0.1.10", "node-a");
    web.bandwidth = Bandwidth{.ingress = 100, .egress = 20};
    world.put(web).plan();

    const auto* row = world.local("web-1");
    CHECK(megabits(world, row->ingress_limit) == 100);
    CHECK(megabits(world, row->egress_limit) == 20);
    CHECK(row->ingress_limit != row->egress_limit);

    const auto index = row->egress_limit;
    web.bandwidth = Bandwidth{.ingress = {}, .egress = 30};
    world.put(web).plan();
    CHECK(world.local("web-1")->ingress_limit == 0);
    CHECK(world.local("web-1")->egress_limit == index); // what was sent stays paid for
    CHECK(megabits(world, index) == 30);

    web.bandwidth.reset();
    world.put(web).plan();
    CHECK(world.local("web-1")->egress_limit == 0);
    CHECK(world.planner.tables().limits.empty());
}

TEST_CASE("an elastic IP has caps of its own")
{
    World world = with_external();
    auto one = elastic("one", "203.0.113.10", "web-1", {});
    one.bandwidth = Bandwidth{.ingress = 5, .egress = {}};
    world.put(one).put(elastic("two", "203.0.113.11", "web-2", {})).plan();

    CHECK(megabits(world, limits_of(world, "203.0.113.10").ingress) == 5);
    CHECK(limits_of(world, "203.0.113.10").egress == 0);
    CHECK(limits_of(world, "203.0.113.11").ingress == 0);
}

TEST_CASE("a package's caps are those of all who are in it, whoever comes and goes")
{
    World world = with_external();
    const auto same = [&](std::string_view left, std::string_view right) {
        const auto one = limits_of(world, left);
        const auto other = limits_of(world, right);
        CHECK(one.egress == other.egress);
        CHECK(one.ingress == other.ingress);
        return megabits(world, one.egress);
    };
    world.put(BandwidthPackage{"shared", {.ingress = 10, .egress = 20}});
    world.put(elastic("one", "203.0.113.10", "web-1", "shared"));
    world.put(elastic("two", "203.0.113.11", "web-2", "shared")).plan();
    CHECK(same("203.0.113.10", "203.0.113.11") == 20);

    world.put(BandwidthPackage{"shared", {.ingress = 10, .egress = 30}}).plan();
    CHECK(same("203.0.113.10", "203.0.113.11") == 30);

    world.put(elastic("one", "203.0.113.10", "web-1", {})).plan(); // whose rows they were
    CHECK(limits_of(world, "203.0.113.10").egress == 0);
    CHECK(megabits(world, limits_of(world, "203.0.113.11").egress) == 30);

    world.put(elastic("one", "203.0.113.10", "web-1", "shared")).plan();
    CHECK(same("203.0.113.10", "203.0.113.11") == 30);
    world.put(elastic("one", "203.0.113.10", {}, "shared")).plan(); // served no longer
    CHECK(megabits(world, limits_of(world, "203.0.113.11").egress) == 30);
    CHECK(world.planner.tables().limits.size() == 2);
}

TEST_CASE("a NAT gateway's caps are those of all its addresses together")
{
    World world = with_external();
    NatGateway nat;
    nat.name = "out";
    nat.vpc = "blue";
    nat.hosts = {{"node-a"}};
    nat.bandwidth = Bandwidth{.ingress = {}, .egress = 50};
    SnatEntry entry;
    entry.cidr = prefix("10.0.1.0/24");
    entry.addresses = {address("203.0.113.20"), address("203.0.113.21")};
    nat.snat = {entry};
    world.put(nat).plan();

    CHECK(megabits(world, limits_of(world, "203.0.113.20").egress) == 50);
    CHECK(limits_of(world, "203.0.113.21").egress == limits_of(world, "203.0.113.20").egress);
    const auto generation = world.planner.tables().snats.begin()->second.generation;
    nat.bandwidth->egress = 60;
    world.put(nat).plan();
    CHECK(megabits(world, limits_of(world, "203.0.113.21").egress) == 60);
    CHECK(world.planner.tables().snats.begin()->second.generation == generation); // no connection ends
}

} // namespace vpcd
