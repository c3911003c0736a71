// One change among many resources costs its own rows: counted in resources looked at, not in time.
#include <catch2/catch_test_macros.hpp>

#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

constexpr unsigned kInterfaces = 20'000;
constexpr unsigned kSubnets = 200;

std::string name_of(unsigned number)
{
    return "card-" + std::to_string(number);
}

std::string address_of(unsigned number)
{
    return "10.1." + std::to_string(number % kSubnets) + "." + std::to_string(1 + number / kSubnets);
}

// web-1 is the only one of them here.
World large()
{
    World world = network();
    for (unsigned i = 0; i < kSubnets; ++i)
        world.put(subnet("large-" + std::to_string(i), "blue", "10.1." + std::to_string(i) + ".0/24"));
    for (unsigned i = 0; i < kInterfaces; ++i)
        world.put(interface(name_of(i), "large-" + std::to_string(i % kSubnets), address_of(i), "node-b"));
    world.put(table("defaults", "blue", {via("10.9.0.0/16", name_of(7))}, true));
    world.plan();
    return world;
}

} // namespace

TEST_CASE("one changed interface among twenty thousand is looked at alone")
{
    World world = large();
    REQUIRE(world.planner.tables().endpoints.size() > kInterfaces);

    const auto moved = world.move(name_of(500), "node-c").plan();
    CHECK(summary(moved.changes) == "hosts 1, next_hops 1");
    CHECK(moved.visits < 10);

    const auto named_by_a_route = world.move(name_of(7), "node-c").plan();
    CHECK(summary(named_by_a_route.changes) == "next_hops 1");
    CHECK(named_by_a_route.visits < 10);

    const auto gone = world.remove({Interface::kKind, name_of(501)}).plan();
    CHECK(summary(gone.changes) == "next_hops 1, endpoints 1, interfaces 1"); // whose group it was in
    CHECK(gone.visits < 10);

    const auto come = world.put(interface("more", "web", "10.0.1.50", "node-b")).plan();
    CHECK(summary(come.changes) == "next_hops 1, endpoints 1");
    CHECK(come.visits < 10);

    const auto here = world.put(interface("more-here", "web", "10.0.1.51", "node-a")).plan();
    CHECK(summary(here.changes) == "next_hops 1, endpoints 1, stations 1, interfaces 1");
    CHECK(here.visits < 10);

    world.facts.links["tap-more-here"] = link(60, "tap-more-here");
    const auto device = world.planner.facts_changed(world.model, world.facts);
    CHECK(summary(device.changes) == "interfaces 1, devices 1");
    CHECK(device.visits < 10);

    world.facts.paths[address("192.0.2.2")].mtu = 1400;
    const auto path = world.planner.facts_changed(world.model, world.facts);
    CHECK(summary(path.changes) == "hosts 1");
    CHECK(path.visits < 10);
}

TEST_CASE("a changed host is looked at alone, and a subnet costs the routes to it")
{
    World world = large();

    const auto host_changed = world.put(host("node-b", "192.0.2.20")).plan();
    CHECK(summary(host_changed.changes) == "hosts 1, vteps 2");
    CHECK(host_changed.visits < 10);

    const auto subnet_added = world.put(subnet("more", "blue", "10.2.0.0/24")).plan();
    CHECK(summary(subnet_added.changes) == "subnets 1, endpoints 1, routes 1, interfaces 1");
    CHECK(subnet_added.visits < 2 * kSubnets);
}

TEST_CASE("one member among twenty thousand, and one changed rule, cost the policies of this host")
{
    World world = large();
    world.put(group("web", "blue", {from_group("db", allow_in("tcp", "80"))})).put(group("db", "blue", {}));
    world.put(PrefixList{"office", {prefix("192.0.2.0/24")}});
    world.change<Interface>("web-1", [](Interface& value) { value.security_groups = {"web"}; }).plan();

    const auto joined =
        world.change<Interface>(name_of(500), [](Interface& value) { value.security_groups = {"db"}; }).plan();
    CHECK(summary(joined.changes) == "rule_groups 1, endpoints 1");
    CHECK(joined.visits < 10);

    const auto another =
        world.change<Interface>(name_of(501), [](Interface& value) { value.security_groups = {"db"}; }).plan();
    CHECK(summary(another.changes) == "endpoints 1");
    CHECK(another.visits < 10);

    const auto rule = world.put(group("web", "blue", {from_list("office", allow_in("tcp", "80"))})).plan();
    CHECK(summary(rule.changes) == "rules 4, rule_peers 1, rule_groups 3, rule_ports 4, rule_sets 2, policies 1, "
                                   "interfaces 1");
    CHECK(rule.visits < 10);

    const auto list = world.put(PrefixList{"office", {prefix("198.51.100.0/24")}}).plan();
    CHECK(list.changes.policies.upserts.size() == 1);
    CHECK(list.visits < 10);
}

TEST_CASE("interfaces of VPCs that are not here are not even looked at by the first plan")
{
    World world = network();
    for (unsigned i = 0; i < 5000; ++i)
        world.put(interface(name_of(i), "red-web", address_of(i), "node-b"));

    World fresh = network();
    fresh.model = std::move(world.model);
    CHECK(fresh.planner.update(fresh.model, {}, fresh.facts).visits < 100);
}

} // namespace vpcd
