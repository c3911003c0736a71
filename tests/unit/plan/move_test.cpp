// Interfaces that move, addresses that change hands, devices that come late.
#include <catch2/catch_test_macros.hpp>

#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

TEST_CASE("to a third host, a moved interface is one row")
{
    World world = planned_network();
    world.put(interface("db-2", "db", "10.0.2.11", "node-c")).plan();
    const auto before = *world.next_hop(100, "10.0.2.10");

    const auto result = world.move("db-1", "node-c").plan();

    CHECK(summary(result.changes) == "hosts 1, next_hops 1"); // node-b is no peer any more
    const auto after = *world.next_hop(100, "10.0.2.10");
    CHECK(world.planner.host_name(after.host) == "node-c");
    CHECK(after.serial == before.serial);
    CHECK(world.local("web-1")->generation == 1);
}

TEST_CASE("an interface that moves here and away again keeps its slot and serial")
{
    World world = planned_network();
    const auto slot = world.slot(100, "10.0.2.10");
    const auto serial = world.next_hop(100, "10.0.2.10")->serial;

    world.move("db-1", "node-a").plan();
    REQUIRE(world.local("db-1"));
    CHECK(world.slot(100, "10.0.2.10") == slot);
    CHECK(world.next_hop(100, "10.0.2.10")->serial == serial);
    CHECK(world.next_hop(100, "10.0.2.10")->interface == world.planner.local_interface("db-1")->id);

    world.move("db-1", "node-b").plan();
    CHECK_FALSE(world.local("db-1"));
    CHECK(world.planner.tables().stations.size() == 1);
    CHECK(world.slot(100, "10.0.2.10") == slot);
    CHECK(world.next_hop(100, "10.0.2.10")->serial == serial);
    CHECK(world.next_hop(100, "10.0.2.10")->interface == 0);
}

TEST_CASE("an interface id that is given to another interface has a generation its last owner never had")
{
    World world = planned_network();
    world.move("db-1", "node-a").plan();
    const auto id = world.planner.local_interface("db-1")->id;
    const auto generation = world.local("db-1")->generation;
    world.move("db-1", "node-b").plan();
    CHECK(world.planner.tables().interfaces.at(id).vpc == 0);

    world.restart();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a")).plan();

    CHECK(world.planner.local_interface("web-2")->id == id);
    CHECK(world.local("web-2")->generation > generation);
}

TEST_CASE("a slot that is given to another address has a serial its last owner never had, across a restart too")
{
    World world = planned_network();
    const auto slot = world.slot(100, "10.0.2.10");
    const auto serial = world.next_hop(100, "10.0.2.10")->serial;
    world.remove({Interface::kKind, "db-1"}).plan();
    REQUIRE_FALSE(world.endpoint(100, "10.0.2.10"));

    world.restart();
    world.plan();
    world.put(interface("db-9", "db", "10.0.2.19", "node-b")).plan();

    REQUIRE(world.slot(100, "10.0.2.19") == slot);
    CHECK(world.next_hop(100, "10.0.2.19")->serial > serial);
}

TEST_CASE("an address that is handed from one interface to another in one change keeps its slot, not its serial")
{
    World world = network();
    world.change<Interface>("web-1", [](Interface& value) { value.secondary_addresses = {address("10.0.1.20")}; });
    world.put(interface("web-2", "web", "10.0.1.11", "node-a")).plan();
    const auto slot = world.slot(100, "10.0.1.20");
    const auto serial = world.next_hop(100, "10.0.1.20")->serial;

    world.change<Interface>("web-1", [](Interface& value) { value.secondary_addresses.clear(); });
    world.change<Interface>("web-2", [](Interface& value) { value.secondary_addresses = {address("10.0.1.20")}; });
    const auto result = world.plan();

    CHECK(summary(result.changes) == "next_hops 1, interfaces 2"); // and both are decided again
    CHECK(world.slot(100, "10.0.1.20") == slot);
    CHECK(world.next_hop(100, "10.0.1.20")->serial == serial + 1);
    CHECK(world.next_hop(100, "10.0.1.20")->interface == world.planner.local_interface("web-2")->id);
}

TEST_CASE("two interfaces swap their addresses in one change")
{
    World world = network();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a")).plan();

    world.change<Interface>("web-1", [](Interface& value) { value.address = address("10.0.1.11"); });
    world.change<Interface>("web-2", [](Interface& value) { value.address = address("10.0.1.10"); });
    const auto result = world.plan();

    CHECK(summary(result.changes) == "next_hops 2, stations 2, interfaces 2");
    CHECK(world.next_hop(100, "10.0.1.10")->interface == world.planner.local_interface("web-2")->id);
    CHECK(world.local("web-2")->next_hop == world.slot(100, "10.0.1.10"));
}

TEST_CASE("an interface that is only renamed keeps its slot and serial")
{
    World world = planned_network();
    auto renamed = *world.model.find<Interface>("db-1");
    renamed.name = "db-1-renamed";

    const auto result = world.remove({Interface::kKind, "db-1"}).put(renamed).plan();

    CHECK(result.changes.empty());
    CHECK(world.planner.next_hop_name(world.slot(100, "10.0.2.10")) == "db-1-renamed @ node-b");
}

TEST_CASE("two hosts that swap their tunnel endpoints keep their ids")
{
    World world = planned_network();
    const auto slot = *world.next_hop(100, "10.0.2.10");

    world.put(host("node-b", "192.0.2.3")).put(host("node-c", "192.0.2.2"));
    const auto result = world.plan();

    CHECK(summary(result.changes) == "hosts 2, vteps 2");
    CHECK(result.changes.vteps.deletes.empty());
    CHECK(find_row(world.planner.tables().vteps, {.address = address("192.0.2.3").abi()})->host == slot.host);
    CHECK(world.planner.peers() == std::set{address("192.0.2.3")});

    world.facts.paths.erase(address("192.0.2.3"));
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "hosts 1");
}

TEST_CASE("an interface waits for its device, and follows it")
{
    World world = network();
    const auto device = world.facts.links.at("tap-web-1");
    world.facts.links.erase("tap-web-1");
    world.plan();
    REQUIRE(world.planner.local_interface("web-1"));
    CHECK_FALSE(world.planner.local_interface("web-1")->is_attached());
    CHECK(world.local("web-1")->ifindex == 0);
    CHECK(world.planner.tables().devices.empty());
    CHECK(world.planner.attachments().instances.empty());

    world.facts.links["tap-web-1"] = device;
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "interfaces 1, devices 1");
    CHECK(world.planner.local_interface("web-1")->is_attached());
    CHECK(world.planner.attachments().instances.at(10) == Attachments::Instance{"tap-web-1", "web-1"});

    world.facts.links["tap-web-1"].ifindex = 11;
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "interfaces 1, devices 2");
    CHECK(find_row(world.planner.tables().devices, {.ifindex = 11}));

    world.facts.links["other"] = link(99, "other");
    CHECK(world.planner.facts_changed(world.model, world.facts).changes.empty());
}

TEST_CASE("two devices that swap their names swap their interfaces")
{
    World world = network();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.facts.links["tap-web-2"] = link(11, "tap-web-2");
    world.plan();

    std::swap(world.facts.links["tap-web-1"].ifindex, world.facts.links["tap-web-2"].ifindex);
    const auto result = world.planner.facts_changed(world.model, world.facts);

    CHECK(summary(result.changes) == "interfaces 2, devices 2");
    CHECK(find_row(world.planner.tables().devices, {.ifindex = 11})->interface ==
          world.planner.local_interface("web-1")->id);
}

} // namespace vpcd
