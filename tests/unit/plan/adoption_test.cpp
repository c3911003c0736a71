// A restarted agent keeps the numbers in the kernel, and changes only the difference.
#include <catch2/catch_test_macros.hpp>

#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

// With gaps in every pool, so that a fresh plan would number things differently.
World worn()
{
    World world = network();
    world.put(interface("web-0", "web", "10.0.1.9", "node-a")).put(host("node-0", "192.0.2.100"));
    world.put(PrefixList{"office", {prefix("192.0.2.0/24"), prefix("192.0.2.0/25")}});
    world.put(
        group("web", "blue",
              {from_list("office", allow_in("tcp", "1-99")), from_group("db", allow_in("udp")), allow_out("all")}));
    world.put(group("db", "blue", {}));
    world.put(acl("border", "blue", {drop_in("tcp", "80"), allow_in("all"), allow_out("all")}));
    world.change<Subnet>("web", [](Subnet& value) { value.network_acl = "border"; });
    world.change<Interface>("web-0", [](Interface& value) { value.security_groups = {"web"}; });
    world.put(table("defaults", "blue", {via("10.9.0.0/16", "db-1"), via("10.8.0.0/16", "web-1")}, true));
    world.plan();
    world.remove({Interface::kKind, "web-0"}).remove({Host::kKind, "node-0"});
    world.change<Interface>("web-1", [](Interface& value) {
        value.source_check = false;
        value.security_groups = {"web", "db"};
    });
    world.change<Interface>("db-1", [](Interface& value) { value.security_groups = {"db"}; });
    world.plan();
    world.change<SecurityGroup>("web", [](SecurityGroup& value) { value.rules[0].policy = RulePolicy::Drop; });
    world.plan();
    return world;
}

} // namespace

TEST_CASE("over its own rows a new agent writes nothing, and bumps nothing")
{
    World world = worn();
    const auto before = world.planner.tables();
    const auto generation = world.local("web-1")->generation;

    world.restart();
    const auto result = world.plan();

    CHECK(summary(result.changes) == "");
    CHECK(world.local("web-1")->generation == generation);
    CHECK(diff(world.planner.tables(), before).empty());
}

TEST_CASE("events switched on, and zeroed rows of arrays, are no difference")
{
    World world = worn();
    Tables observed = world.planner.tables();
    observed.settings.at(0).events = 1;
    observed.hosts[9] = {};
    observed.next_hops[99] = {};
    observed.interfaces[99] = {};
    observed.policies[99] = {};
    observed.settings.at(0).epoch = 7;
    observed.settings.at(0).denials = 10;

    Planner next{{.host = "node-a"}};
    next.adopt(observed);

    CHECK(summary(next.update(world.model, {}, world.facts).changes) == "");
}

TEST_CASE("a new agent removes what is no longer declared, and keeps the numbers of what is")
{
    World world = worn();
    const auto web = world.planner.local_interface("web-1").value();
    const auto slot = world.slot(100, "10.0.1.10");
    const auto serial = world.next_hop(100, "10.0.1.10")->serial;

    world.put(table("defaults", "blue", {}, true));
    world.remove({Interface::kKind, "db-1"}).remove({Host::kKind, "node-b"}).remove({Interface::kKind, "red-1"});
    world.restart();
    const auto result = world.plan();

    CHECK(summary(result.changes) ==
          "hosts 1, vteps 1, next_hops 1, rule_groups 2, endpoints 1, routes 3, interfaces 1");
    CHECK(result.changes.vteps.deletes.size() == 1);
    CHECK(result.changes.routes.deletes.size() == 3);
    CHECK(world.slot(100, "10.0.1.10") == slot);
    CHECK(world.next_hop(100, "10.0.1.10")->serial == serial);
    CHECK(world.planner.local_interface("web-1")->id == web.id);
    CHECK(world.local("web-1")->generation == web.generation + 1); // its routes changed
}

TEST_CASE("an interface is known again by its address or by its device")
{
    World world = worn();
    const auto id = world.planner.local_interface("web-1")->id;
    REQUIRE(id > 1);

    SECTION("its device was made anew")
    {
        world.facts.links["tap-web-1"].ifindex = 50;
    }
    SECTION("its address was changed")
    {
        world.change<Interface>("web-1", [](Interface& value) { value.address = address("10.0.1.77"); });
    }
    const auto generation = world.local("web-1")->generation;
    world.restart();
    world.plan();

    CHECK(world.planner.local_interface("web-1")->id == id);
    CHECK(world.local("web-1")->generation == generation + 1);
}

TEST_CASE("an address that another instance got while no agent ran has a new serial")
{
    World world = worn();
    const auto slot = world.slot(100, "10.0.2.10");
    const auto serial = world.next_hop(100, "10.0.2.10")->serial;

    world.change<Interface>("db-1", [](Interface& value) { value.mac = mac(99); });
    world.restart();
    world.plan();

    CHECK(world.slot(100, "10.0.2.10") == slot);
    CHECK(world.next_hop(100, "10.0.2.10")->serial == serial + 1);
}

TEST_CASE("rules that changed while no agent ran get another rule set, those that did not keep theirs")
{
    World world = worn();
    const auto before = *world.local("web-1");
    const auto policies = world.planner.tables().policies;

    world.change<SecurityGroup>("web", [](SecurityGroup& value) { value.rules.erase(value.rules.begin()); });
    world.restart();
    const auto result = world.plan();

    CHECK(world.local("web-1")->ingress_policy == before.ingress_policy);
    CHECK(world.local("web-1")->generation == before.generation + 1);
    CHECK(result.changes.policies.upserts.size() == 1);
    CHECK(result.changes.policies.deletes.empty());
    CHECK(result.changes.rule_sets.size() == 2); // one comes, one goes
    CHECK(same_bytes(world.planner.tables().policies.at(before.egress_policy), policies.at(before.egress_policy)));
    CHECK(world.plan().changes.empty());
}

TEST_CASE("an interface that changed its groups while no agent ran leaves their policy to those who did not")
{
    World world = worn();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.change<Interface>("web-2", [](Interface& value) { value.security_groups = {"web", "db"}; }).plan();
    const auto shared = world.local("web-1")->ingress_policy;
    REQUIRE(world.local("web-2")->ingress_policy == shared);

    world.change<Interface>("web-2", [](Interface& value) { value.security_groups = {"db"}; });
    world.restart();
    const auto result = world.plan();

    // What the old policy says is not changed under those who still go by it.
    CHECK(find_row(world.planner.tables().policies, shared) == nullptr);
    CHECK(result.changes.policies.deletes.size() == 2);
    CHECK(world.local("web-1")->ingress_policy != world.local("web-2")->ingress_policy);
    CHECK(world.plan().changes.empty());
}

TEST_CASE("rows that make no sense are replaced")
{
    World world = worn();
    Tables observed = world.planner.tables();
    for (auto& [key, row] : observed.endpoints)
        row.next_hop = 2; // all of one slot
    observed.vteps.begin()->second.host = VPCD_MAX_HOSTS;

    Planner next{{.host = "node-a"}};
    next.adopt(observed);
    const auto result = next.update(world.model, {}, world.facts);

    CHECK(result.errors.empty());
    auto repaired = observed;
    apply(result.changes, repaired);
    repaired.settings.at(0).events = 0;
    CHECK(diff(next.tables(), repaired).empty());
    CHECK(next.update(world.model, {}, world.facts).changes.empty());
}

} // namespace vpcd
