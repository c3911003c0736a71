// Who may talk to whom, in rows: what interfaces and subnets point to, and what that says.
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "plan/features.h"
#include "unit/plan/rules.h"
#include "unit/plan/rules_by_hand.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

std::uint32_t verdict(const World& world, std::uint32_t policy, std::uint8_t protocol, std::uint16_t port,
                      std::string_view peer)
{
    const auto* endpoint = world.endpoint(100, peer);
    const Question question{.protocol = protocol, .port = port, .peer = address(peer), .peer_groups = {}};
    return PolicyRows{world.planner.tables(), policy}.decide(question, endpoint ? endpoint->group_set : 0).second;
}

bool lets_in(const World& world, const std::string& interface, std::uint16_t port, std::string_view peer)
{
    return verdict(world, world.local(interface)->ingress_policy, IPPROTO_TCP, port, peer) == RULE_VERDICT_ALLOW;
}

bool lets_out(const World& world, const std::string& interface, std::uint16_t port, std::string_view peer)
{
    return verdict(world, world.local(interface)->egress_policy, IPPROTO_TCP, port, peer) == RULE_VERDICT_ALLOW;
}

World& join(World& world, const std::string& interface, std::vector<std::string> groups)
{
    return world.change<Interface>(interface, [&](Interface& value) { value.security_groups = std::move(groups); });
}

std::uint32_t rule_set_of(const World& world, std::uint32_t policy)
{
    return world.planner.tables().policies.at(policy).rule_set[0];
}

} // namespace

TEST_CASE("an interface that names no group is in the default one of its VPC")
{
    World world = planned_network();
    const auto* web = world.local("web-1");

    CHECK(web->ingress_policy != 0);
    CHECK(web->egress_policy != 0);
    CHECK(world.planner.policy_name(web->ingress_policy) == "blue ingress of groups default-1");
    CHECK(world.planner.groups_text(100, world.endpoint(100, "10.0.2.10")->group_set) == "default-1");
    CHECK(lets_in(world, "web-1", 443, "192.0.2.77"));
    CHECK_FALSE(lets_in(world, "web-1", 8443, "192.0.2.77"));
    CHECK(lets_in(world, "web-1", 8443, "10.0.2.10")); // another member
    CHECK(lets_out(world, "web-1", 8443, "192.0.2.77"));
    CHECK(world.endpoint(100, "10.0.1.253")->group_set == 0); // the virtual router
}

TEST_CASE("the rules of an interface's groups decide, by block, by list and by group")
{
    World world = network();
    world.put(PrefixList{"office", {prefix("192.0.2.0/24"), prefix("198.51.100.0/24")}});
    world.put(group("db", "blue", {}));
    world.put(group("web", "blue",
                    {from_block("10.0.9.0/24", allow_in("tcp", "80")), from_list("office", allow_in("tcp", "22")),
                     from_group("db", allow_in("tcp", "5432"))}));
    join(world, "web-1", {"web"});
    join(world, "db-1", {"db"});
    world.plan();

    CHECK(lets_in(world, "web-1", 80, "10.0.9.7"));
    CHECK_FALSE(lets_in(world, "web-1", 80, "10.0.8.7"));
    CHECK(lets_in(world, "web-1", 22, "198.51.100.1"));
    CHECK_FALSE(lets_in(world, "web-1", 80, "198.51.100.1"));
    CHECK(lets_in(world, "web-1", 5432, "10.0.2.10"));
    CHECK_FALSE(lets_in(world, "web-1", 80, "10.0.2.10"));

    world.put(PrefixList{"office", {prefix("192.0.2.0/24")}}).plan();
    CHECK_FALSE(lets_in(world, "web-1", 22, "198.51.100.1"));
    CHECK(lets_in(world, "web-1", 22, "192.0.2.1"));
}

TEST_CASE("rules have the number of their document's rule, which the planner can name")
{
    World world = network();
    const auto web = group("web", "blue", {allow_in("tcp", "443"), prior(9, drop_in("tcp", "80"))});
    world.put(web);
    join(world, "web-1", {"web"}).plan();
    const auto rule_set = rule_set_of(world, world.local("web-1")->ingress_policy);

    const auto& rules = world.planner.tables().rules;
    const auto second = rules.at({.rule_set = rule_set, .index = 1});
    CHECK(second.verdict == RULE_VERDICT_DROP);
    CHECK(second.id == rule_id(rules_of(web, "blue")[1]));
    REQUIRE(world.planner.rule_origin(second.id));
    CHECK(*world.planner.rule_origin(second.id) == rules_of(web, "blue")[1]);
    CHECK(rules.at({.rule_set = rule_set, .index = 2}).id == rule_id(rules_of(web, "blue")[2]));
    CHECK_FALSE(world.planner.rule_origin(RULE_ID_OTHERWISE_DROP));

    join(world, "web-1", {}).plan();
    CHECK_FALSE(world.planner.rule_origin(second.id));
}

TEST_CASE("interfaces with the same groups have the same policies, and policies with the same rules one rule set")
{
    World world = network();
    world.put(group("a", "blue", {})).put(group("b", "blue", {}));
    for (const auto* name : {"a", "b"})
        world.change<SecurityGroup>(name, [](SecurityGroup& value) { value.isolated = true; });
    for (unsigned i = 1; i < 5; ++i)
        world.put(interface("more-" + std::to_string(i), "web", "10.0.1.2" + std::to_string(i), "node-a"));
    join(world, "more-1", {"a"});
    join(world, "more-2", {"a"});
    join(world, "more-3", {"b"});
    join(world, "more-4", {"b", "a"});
    world.plan();

    CHECK(world.local("more-1")->ingress_policy == world.local("more-2")->ingress_policy);
    CHECK(world.local("more-1")->egress_policy == world.local("more-2")->egress_policy);
    const auto one = world.local("more-1")->ingress_policy;
    const auto other = world.local("more-3")->ingress_policy;
    CHECK(one != other);
    CHECK(rule_set_of(world, one) == rule_set_of(world, other)); // neither has a rule
    CHECK(world.planner.policy_name(world.local("more-4")->egress_policy) == "blue egress of groups a b");
    CHECK(world.planner.groups_text(100, world.endpoint(100, "10.0.1.24")->group_set) == "a, b");
}

TEST_CASE("a changed rule is another rule set under the same policy, and what nobody uses is removed")
{
    World world = network();
    world.put(group("web", "blue", {allow_in("tcp", "80")}));
    join(world, "web-1", {"web"}).plan();
    const auto policy = world.local("web-1")->ingress_policy;
    const auto rule_set = rule_set_of(world, policy);
    const auto rules = world.planner.tables().rules.size();

    const auto changed = world.put(group("web", "blue", {allow_in("tcp", "81")})).plan().changes;

    CHECK(summary(changed) == "rules 4, rule_peers 2, rule_groups 2, rule_ports 4, rule_sets 2, policies 1, "
                              "interfaces 1"); // as many new rows as old ones
    CHECK(world.local("web-1")->ingress_policy == policy);
    CHECK(rule_set_of(world, policy) != rule_set);
    CHECK(world.planner.tables().policies.at(policy).rule_set[1] == rule_set_of(world, policy));
    CHECK(world.planner.tables().rules.size() == rules);
    CHECK_FALSE(world.planner.tables().rule_sets.contains(rule_set));
    CHECK(changed.rule_sets.deletes == std::vector{rule_set});

    const auto gone = join(world, "web-1", {}).remove({SecurityGroup::kKind, "web"}).plan().changes;
    CHECK(gone.policies.deletes.size() == 2);
    CHECK(gone.rule_sets.deletes.size() == 2);
}

TEST_CASE("numbers that were freed are not the next ones to be used")
{
    World world = network();
    world.put(group("web", "blue", {allow_in("tcp", "80")}));
    join(world, "web-1", {"web"}).plan();
    std::set<std::uint32_t> rule_sets;

    for (const auto* port : {"81", "82", "83", "84"}) {
        rule_sets.insert(rule_set_of(world, world.local("web-1")->ingress_policy));
        world.put(group("web", "blue", {allow_in("tcp", port)})).plan();
        CHECK_FALSE(rule_sets.contains(rule_set_of(world, world.local("web-1")->ingress_policy)));
    }
}

TEST_CASE("a set of groups that is new in the VPC is added to the rules it concerns before anybody is in it")
{
    World world = network();
    world.put(group("web", "blue", {})).put(group("db", "blue", {})).put(group("other", "blue", {}));
    join(world, "web-1", {"web"}).plan();
    const auto rule_set = rule_set_of(world, world.local("web-1")->ingress_policy);

    world.put(interface("db-2", "db", "10.0.2.11", "node-b"));
    const auto joined = join(world, "db-2", {"web", "db"}).plan().changes;
    CHECK(summary(joined) == "next_hops 1, rule_groups 2, endpoints 1");
    CHECK(lets_in(world, "web-1", 99, "10.0.2.11"));
    CHECK(rule_set_of(world, world.local("web-1")->ingress_policy) == rule_set);

    const auto unrelated = join(world, "db-1", {"other"}).plan().changes;
    CHECK(summary(unrelated) == "endpoints 1");

    const auto gone = world.remove({Interface::kKind, "db-2"}).plan().changes;
    CHECK(gone.rule_groups.deletes.size() == 2);
    CHECK(gone.rule_groups.upserts.empty());
    CHECK(gone.rule_sets.empty());
}

TEST_CASE("a network ACL is the policy of subnets that have an interface here")
{
    World world = network();
    world.put(acl("border", "blue", {allow_in("tcp", "80"), allow_out("all")}));
    for (const auto* name : {"web", "db"})
        world.change<Subnet>(name, [](Subnet& value) { value.network_acl = "border"; });
    world.plan();
    const auto row = [&](const std::string& name) {
        return *find_row(world.planner.tables().subnets, {.vpc = 100, .subnet = fnv1a(name)});
    };

    CHECK(row("db").ingress_policy == 0); // its interfaces are elsewhere
    CHECK(row("db").egress_policy == 0);
    CHECK(verdict(world, row("web").ingress_policy, IPPROTO_TCP, 80, "10.0.2.10") == RULE_VERDICT_ALLOW);
    CHECK(verdict(world, row("web").ingress_policy, IPPROTO_TCP, 81, "10.0.2.10") == RULE_VERDICT_DROP);
    CHECK(verdict(world, row("web").egress_policy, IPPROTO_UDP, 53, "192.0.2.77") == RULE_VERDICT_ALLOW);
    CHECK(world.planner.policy_name(row("web").egress_policy) == "blue egress of network ACL border");
    CHECK(features_of(world.planner.tables()).test(FEATURE_ACL));

    world.put(interface("db-2", "db", "10.0.2.11", "node-a")).plan();
    CHECK(row("db").ingress_policy == row("web").ingress_policy);

    for (const auto* name : {"web", "db"})
        world.change<Subnet>(name, [](Subnet& value) { value.network_acl.clear(); });
    CHECK(world.plan().changes.policies.deletes.size() == 2);
    CHECK(row("web").ingress_policy == 0);
    CHECK_FALSE(features_of(world.planner.tables()).test(FEATURE_ACL));
}

TEST_CASE("a VPC that changes its number takes its rules along")
{
    World world = network();
    world.put(group("web", "blue", {from_group("web", allow_in("tcp", "80"))}));
    join(world, "web-1", {"web"}).plan();

    world.put(vpc("blue", 300)).plan();

    const auto rule_set = rule_set_of(world, world.local("web-1")->ingress_policy);
    CHECK(world.planner.tables().rule_sets.at(rule_set).vpc == 300);
    CHECK(world.planner.groups_text(300, world.endpoint(300, "10.0.1.10")->group_set) == "web");
    for (const auto& [id, row] : world.planner.tables().rule_sets)
        CHECK((row.vpc == 300 || id == 1));
}

TEST_CASE("a VPC has its share of connections, and what it does in the middle of unknown ones")
{
    struct Row {
        const char* name;
        PlanOptions options;
        std::optional<unsigned> connections;
        Midstream midstream;
        std::uint32_t flow_limit;
        std::uint32_t flags;
    };
    const Row rows[] = {
        {"half of the table",
         {.host = "node-a", .flows = 1000},
         {},
         Midstream::AfterMove,
         500,
         VPC_MIDSTREAM_AFTER_MOVE},
        {"what the host says", {.host = "node-a", .connections_per_vpc = 70}, {}, Midstream::Accept, 140, 0},
        {"what it says itself",
         {.host = "node-a", .connections_per_vpc = 70},
         9,
         Midstream::Drop,
         18,
         VPC_MIDSTREAM_DROP},
        {"more than a number holds", {.host = "node-a"}, 0xc0000000, Midstream::Drop, 0xffffffff, VPC_MIDSTREAM_DROP},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = network(row.options);
        world.plan();

        const auto changed = world
                                 .change<Vpc>("blue",
                                              [&](Vpc& value) {
                                                  value.connections = row.connections;
                                                  value.midstream = row.midstream;
                                              })
                                 .plan();

        CHECK(changed.visits < 10);
        const auto* found = find_row(world.planner.tables().vpcs, {.vpc = 100});
        REQUIRE(found);
        CHECK(found->flow_limit == row.flow_limit);
        CHECK(found->flags == row.flags);
    }
}

} // namespace vpcd
