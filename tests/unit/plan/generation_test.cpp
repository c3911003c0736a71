// Whose flows are decided again: only those of the interfaces a change concerns, and once.
#include <functional>

#include <catch2/catch_test_macros.hpp>

#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

// web-1 and web-2 in web (main table), app-1 in app (table extra), all here; red-1 is here too.
World crowded()
{
    World world = network();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.put(table("extra", "blue", {blackhole("10.9.0.0/16")}));
    world.put(table("unused", "blue", {}));
    world.put(subnet("app", "blue", "10.0.3.0/24", "extra"));
    world.put(interface("app-1", "app", "10.0.3.10", "node-a"));
    world.put(interface("db-2", "db", "10.0.2.11", "node-c"));
    world.move("red-1", "node-a");
    world.facts.links["tap-web-2"] = link(11, "tap-web-2");
    world.plan();
    return world;
}

} // namespace

TEST_CASE("a generation is bumped exactly once for each interface a change concerns, and for no other")
{
    struct Row {
        const char* name;
        std::function<void(World&)> change;
        std::set<std::string> bumped;
    };
    const Row rows[] = {
        {"nothing", [](World&) {}, {}},
        {"its own switch",
         [](World& world) { world.change<Interface>("web-1", [](Interface& value) { value.source_check = false; }); },
         {"web-1"}},
        {"its MAC",
         [](World& world) { world.change<Interface>("web-1", [](Interface& value) { value.mac = mac(7); }); },
         {"web-1"}},
        {"its primary address",
         [](World& world) {
             world.change<Interface>("web-1", [](Interface& value) { value.address = address("10.0.1.30"); });
         },
         {"web-1", "web-2", "app-1"}}, // the old address was one of their group
        {"a secondary address more",
         [](World& world) {
             world.change<Interface>("web-1",
                                     [](Interface& value) { value.secondary_addresses = {address("10.0.1.30")}; });
         },
         {"web-1"}},
        {"its device", [](World& world) { world.facts.links["tap-web-1"].ifindex = 12; }, {"web-1"}},
        {"the same document again", [](World& world) { world.change<Interface>("web-1", [](Interface&) {}); }, {}},
        {"its subnet's table",
         [](World& world) { world.change<Subnet>("web", [](Subnet& value) { value.route_table = "unused"; }); },
         {"web-1", "web-2"}},
        {"a route of its table",
         [](World& world) {
             world.change<RouteTable>("extra",
                                      [](RouteTable& value) { value.routes.push_back(blackhole("10.8.0.0/16")); });
         },
         {"app-1"}},
        {"a route of a table nobody here uses",
         [](World& world) {
             world.change<RouteTable>("unused",
                                      [](RouteTable& value) { value.routes.push_back(blackhole("10.8.0.0/16")); });
         },
         {}},
        {"a route and its own document at once",
         [](World& world) {
             world.change<RouteTable>("extra", [](RouteTable& value) { value.routes.clear(); });
             world.change<Interface>("app-1", [](Interface& value) { value.source_check = false; });
         },
         {"app-1"}},
        {"a subnet more, to which every table has a route",
         [](World& world) { world.put(subnet("new", "blue", "10.0.4.0/24")); },
         {"web-1", "web-2", "app-1"}},
        {"another interface comes here",
         [](World& world) { world.put(interface("web-3", "web", "10.0.1.12", "node-a")); },
         {}},
        {"another interface comes elsewhere",
         [](World& world) { world.put(interface("web-3", "web", "10.0.1.12", "node-b")); },
         {}},
        {"another interface of its group goes",
         [](World& world) { world.remove({Interface::kKind, "db-1"}); },
         {"web-1", "web-2", "app-1"}},
        {"another interface of its subnet and group goes",
         [](World& world) { world.remove({Interface::kKind, "web-2"}); },
         {"web-1", "app-1"}},
        {"an interface of no group it knows goes",
         [](World& world) {
             world.put(group("db", "blue", {}));
             world.change<Interface>("db-2", [](Interface& value) { value.security_groups = {"db"}; });
             world.plan();
             world.remove({Interface::kKind, "db-2"});
         },
         {"web-1", "web-2", "app-1"}}, // once, by leaving their group
        {"another interface moves", [](World& world) { world.move("db-1", "node-c"); }, {}},
        {"another interface moves here", [](World& world) { world.move("db-1", "node-a"); }, {}},
        {"another interface moves away", [](World& world) { world.move("web-2", "node-b"); }, {}},
        {"a path to a host", [](World& world) { world.facts.paths.clear(); }, {}},
        {"a host more", [](World& world) { world.put(host("node-d", "192.0.2.4")); }, {}},
        {"another VPC", [](World& world) { world.put(subnet("red-new", "red", "10.0.4.0/24")); }, {"red-1"}},
        {"the VPC's number", [](World& world) { world.put(vpc("blue", 300)); }, {"web-1", "web-2", "app-1"}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = crowded();
        std::map<std::string, std::uint32_t> before;
        for (const auto* name : {"web-1", "web-2", "app-1", "red-1"})
            before[name] = world.local(name)->generation;

        row.change(world);
        world.plan();

        for (const auto& [name, generation] : before) {
            INFO(name);
            if (const auto* local = world.local(name))
                CHECK(local->generation == generation + row.bumped.contains(name));
        }
        CHECK(world.plan().changes.empty());
    }
}

TEST_CASE("a route to an interface concerns those it serves when the interface gets another slot, not when it moves")
{
    World world = network();
    world.put(table("defaults", "blue", {via("10.9.0.0/16", "db-1")}, true)).plan();
    REQUIRE(world.local("web-1")->generation == 1);

    world.move("db-1", "node-c").plan();
    CHECK(world.local("web-1")->generation == 1);

    world.change<Interface>("db-1", [](Interface& value) { value.address = address("10.0.2.30"); }).plan();
    CHECK(world.local("web-1")->generation == 2);
}

TEST_CASE("an arrival that is led to another interface concerns these two alone")
{
    World world = crowded();
    world.put(table("elsewhere", "blue", {via("10.7.0.0/16", "web-1")})).plan();
    CHECK(world.local("web-1")->generation == 2);
    CHECK(world.local("web-2")->generation == 1);

    world.put(table("elsewhere", "blue", {via("10.7.0.0/16", "web-2")})).plan();
    CHECK(world.local("web-1")->generation == 3);
    CHECK(world.local("web-2")->generation == 2);
    CHECK(world.local("app-1")->generation == 1);
}

} // namespace vpcd
