// Where there is no room for rules nothing passes, that is told, and it is tried again.
#include <catch2/catch_test_macros.hpp>

#include "plan/policy.h"
#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

World network_with(RuleLimits limits)
{
    World world = network({.host = "node-a", .rules = limits});
    world.put(group("web", "blue", {from_block("10.9.0.0/16", allow_in("tcp", "80"))}));
    world.change<Interface>("web-1", [](Interface& value) { value.security_groups = {"web"}; });
    return world;
}

bool is_closed(const World& world, std::uint32_t policy)
{
    const auto rule_set = world.planner.tables().policies.at(policy).rule_set[0];
    const auto* row = find_row(world.planner.tables().rule_sets, rule_set);
    return row && row->otherwise == RULE_VERDICT_DROP && rule_set == kDenyRuleSet;
}

} // namespace

TEST_CASE("without room for a policy an interface is closed, until there is room")
{
    World world = network_with({.policies = 4}); // one is kept
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));

    const auto result = world.plan();

    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].sentence() == "Interface web-2: nothing passes: all 3 policies are in use");
    CHECK(world.local("web-2")->egress_policy == kDenyPolicy);
    CHECK(is_closed(world, kDenyPolicy));
    CHECK(world.plan().changes.empty());

    world.change<Interface>("web-1", [](Interface& value) { value.security_groups.clear(); }).plan();
    CHECK(world.plan().errors.empty());
    CHECK(world.local("web-2")->egress_policy == world.local("web-1")->egress_policy);
    CHECK_FALSE(is_closed(world, world.local("web-2")->egress_policy));
}

TEST_CASE("without room for a subnet's policy the subnet is closed, until there is room")
{
    World world = network_with({.policies = 4});
    world.put(acl("border", "blue", {allow_in("all"), allow_out("all")}));
    world.change<Subnet>("web", [](Subnet& value) { value.network_acl = "border"; });
    const auto row = [&] { return *find_row(world.planner.tables().subnets, {.vpc = 100, .subnet = fnv1a("web")}); };

    // Subnets come first, so it is the interface that finds none.
    CHECK(world.plan().errors.size() == 1);
    CHECK(world.local("web-1")->egress_policy == kDenyPolicy);

    world.put(acl("other", "blue", {}));
    world.change<Subnet>("web", [](Subnet& value) { value.network_acl = "other"; });
    const auto result = world.plan();
    CHECK(result.errors.front().sentence() == "Subnet web: nothing passes: all 3 policies are in use");
    CHECK(row().egress_policy == kDenyPolicy);

    CHECK(world.plan().errors.size() == 1);
    CHECK(row().egress_policy != kDenyPolicy);
}

TEST_CASE("without room for rows a policy denies, and takes the rules when there is room")
{
    struct Row {
        const char* name;
        RuleLimits limits;
        const char* error;
    };
    const Row rows[] = {
        {"rule sets", {.sets = 3}, "all 2 rule sets are in use"},
        {"rules", {.rules = 3}, "there is room for 3 rules, and more are needed"},
        {"peers", {.peers = 1}, "there is room for 1 rows for addresses of peers, and more are needed"},
        {"groups", {.groups = 2}, "there is room for 2 rows for groups of peers, and more are needed"},
        {"ports", {.ports = 3}, "there is room for 3 rows for ports, and more are needed"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = network_with(row.limits);
        REQUIRE(world.plan().errors.empty() == (std::string_view{row.name} != "rule sets"));

        // As many rows again while the old ones are there.
        world.put(group("web", "blue", {from_block("10.9.0.0/16", allow_in("tcp", "81"))}));
        const auto result = world.plan();

        REQUIRE_FALSE(result.errors.empty());
        CHECK(result.errors[0].sentence() == std::string{"SecurityGroup web: nothing passes: "} + row.error);
        CHECK(result.errors[0].resource() == "SecurityGroup web");
        const auto* local = world.local("web-1");
        CHECK((is_closed(world, local->ingress_policy) || is_closed(world, local->egress_policy)));
        CHECK(diff(world.planner.tables(), world.planner.tables()).empty());

        if (std::string_view{row.name} == "rule sets")
            continue; // never room for both
        CHECK(world.plan().errors.empty());
        CHECK_FALSE(is_closed(world, world.local("web-1")->ingress_policy));
        CHECK(world.plan().changes.empty());
    }
}

TEST_CASE("without room for another set of groups the rules that know one of these groups are closed")
{
    World world = network_with({.groups = 2}); // in and out
    world.plan();
    REQUIRE_FALSE(is_closed(world, world.local("web-1")->ingress_policy));

    world.put(group("more", "blue", {}));
    world.change<Interface>("db-1", [](Interface& value) { value.security_groups = {"more", "web"}; });
    Tables kernel = world.planner.tables();
    const auto result = world.plan();

    CHECK(result.errors.size() == 2);
    CHECK(is_closed(world, world.local("web-1")->ingress_policy));
    CHECK(world.planner.tables().rule_groups.empty());
    apply(result.changes, kernel);
    CHECK(diff(world.planner.tables(), kernel).empty());

    world.change<Interface>("db-1", [](Interface& value) { value.security_groups = {"more"}; }).plan();
    CHECK(world.plan().errors.empty());
    CHECK_FALSE(is_closed(world, world.local("web-1")->ingress_policy));
}

TEST_CASE("more rules than a set holds are an error of their group, and nothing passes")
{
    World world = network_with({});
    world.plan();
    world.change<SecurityGroup>("web", [](SecurityGroup& value) { value.rules.resize(VPCD_RULES + 1); });

    const auto result = world.plan();

    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].sentence() ==
          "SecurityGroup web: nothing passes: 1026 rules decide together in one direction; 1024 can");
    CHECK(is_closed(world, world.local("web-1")->ingress_policy));
    CHECK_FALSE(is_closed(world, world.local("web-1")->egress_policy));
}

} // namespace vpcd
