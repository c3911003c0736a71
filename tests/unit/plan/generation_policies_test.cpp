// Whose connections are decided again when rules, or members of groups, change.
#include <functional>

#include <catch2/catch_test_macros.hpp>

#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

void join(World& world, const std::string& interface, std::vector<std::string> groups)
{
    world.change<Interface>(interface, [&](Interface& value) { value.security_groups = std::move(groups); });
}

// Here: web-1 in group web (from app: tcp 80; never from banned), app-1 in group app, alone-1 in group alone, which
// is isolated and knows no group. On node-b: db-1 in group db, far-app in group app.
World grouped()
{
    World world = network();
    world.put(PrefixList{"office", {prefix("192.0.2.0/24")}});
    world.put(group("app", "blue", {})).put(group("db", "blue", {})).put(group("banned", "blue", {}));
    world.put(group("web", "blue",
                    {from_group("app", allow_in("tcp", "80")), from_group("banned", drop_in("all")),
                     from_list("office", allow_in("tcp", "22"))}));
    SecurityGroup alone = group("alone", "blue", {allow_in("tcp", "80")});
    alone.isolated = true;
    world.put(alone);
    world.put(acl("border", "blue", {allow_in("all"), allow_out("all")}));
    world.put(subnet("app", "blue", "10.0.3.0/24"));
    world.change<Subnet>("app", [](Subnet& value) { value.network_acl = "border"; });
    world.put(interface("app-1", "app", "10.0.3.10", "node-a"));
    world.put(interface("alone-1", "web", "10.0.1.20", "node-a"));
    world.put(interface("far-app", "app", "10.0.3.11", "node-b"));
    join(world, "web-1", {"web"});
    join(world, "app-1", {"app"});
    join(world, "far-app", {"app"});
    join(world, "alone-1", {"alone"});
    join(world, "db-1", {"db"});
    world.plan();
    return world;
}

} // namespace

TEST_CASE("connections are decided again where one of them may be denied now, and nowhere else")
{
    struct Row {
        const char* name;
        std::function<void(World&)> change;
        std::set<std::string> bumped;
    };
    const Row rows[] = {
        {"a rule of a group",
         [](World& world) {
             world.change<SecurityGroup>("web", [](SecurityGroup& value) { value.rules.pop_back(); });
         },
         {"web-1"}},
        {"the group again as it was",
         [](World& world) { world.change<SecurityGroup>("web", [](SecurityGroup&) {}); },
         {}},
        {"a group nobody here is in",
         [](World& world) { world.put(group("db", "blue", {allow_in("tcp", "5432")})); },
         {}},
        {"a group that is isolated now",
         [](World& world) {
             world.change<SecurityGroup>("app", [](SecurityGroup& value) { value.isolated = true; });
         },
         {"app-1"}},
        {"a list of blocks",
         [](World& world) { world.put(PrefixList{"office", {prefix("198.51.100.0/24")}}); },
         {"web-1"}},
        {"a list nobody names", [](World& world) { world.put(PrefixList{"other", {prefix("10.0.0.0/8")}}); }, {}},
        {"a rule of a network ACL",
         [](World& world) { world.put(acl("border", "blue", {allow_in("all")})); },
         {"app-1"}},
        {"a subnet that gets a network ACL",
         [](World& world) { world.change<Subnet>("web", [](Subnet& value) { value.network_acl = "border"; }); },
         {"web-1", "alone-1"}},
        {"a subnet without interface here that gets one",
         [](World& world) { world.change<Subnet>("db", [](Subnet& value) { value.network_acl = "border"; }); },
         {}},
        {"its own groups", [](World& world) { join(world, "alone-1", {"db"}); }, {"alone-1"}},
        {"a peer leaves a group by which it was let in",
         [](World& world) { join(world, "far-app", {"db"}); },
         {"web-1", "app-1"}},
        {"a peer joins a group by which it is let in", [](World& world) { join(world, "db-1", {"app", "db"}); }, {}},
        {"a peer joins a group by which it is dropped",
         [](World& world) { join(world, "db-1", {"banned", "db"}); },
         {"web-1"}},
        {"a peer leaves a group by which it was dropped",
         [](World& world) {
             join(world, "db-1", {"banned"});
             world.plan();
             join(world, "db-1", {"db"});
         },
         {"web-1"}}, // once, by the first of the two changes
        {"a peer that was let in goes",
         [](World& world) { world.remove({Interface::kKind, "far-app"}); },
         {"web-1", "app-1"}},
        {"a peer that no rule here knows goes", [](World& world) { world.remove({Interface::kKind, "db-1"}); }, {}},
        {"another peer comes",
         [](World& world) {
             world.put(interface("more", "app", "10.0.3.12", "node-b"));
             join(world, "more", {"app"});
         },
         {}},
        {"a peer comes that is dropped",
         [](World& world) {
             world.put(interface("more", "app", "10.0.3.12", "node-b"));
             join(world, "more", {"banned"});
         },
         {"web-1"}},
        {"a peer moves", [](World& world) { world.move("far-app", "node-c"); }, {}},
        {"what the VPC does in the middle of connections",
         [](World& world) { world.change<Vpc>("blue", [](Vpc& value) { value.midstream = Midstream::Drop; }); },
         {"web-1", "app-1", "alone-1"}},
        {"how many connections the VPC may have",
         [](World& world) { world.change<Vpc>("blue", [](Vpc& value) { value.connections = 7; }); },
         {}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = grouped();
        std::map<std::string, std::uint32_t> before;
        for (const auto* name : {"web-1", "app-1", "alone-1"})
            before[name] = world.local(name)->generation;

        row.change(world);
        world.plan();

        for (const auto& [name, generation] : before) {
            INFO(name);
            CHECK(world.local(name)->generation == generation + row.bumped.contains(name));
        }
        CHECK(world.plan().changes.empty());
    }
}

TEST_CASE("an address that leaves for another set while no agent runs concerns all who know groups")
{
    World world = grouped();
    const auto web = world.local("web-1")->generation;
    const auto alone = world.local("alone-1")->generation;

    join(world, "far-app", {"db"});
    join(world, "app-1", {"db"});
    world.restart();
    world.plan();

    CHECK(world.local("web-1")->generation == web + 1);
    CHECK(world.local("alone-1")->generation == alone);
}

} // namespace vpcd
