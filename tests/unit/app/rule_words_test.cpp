// Rules by their numbers, in words.
#include "app/rule_words.h"

#include <catch2/catch_test_macros.hpp>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/policy.h>

#include "app/rule_hits.h"
#include "plan/rule_origin.h"
#include "unit/plan/world.h"

namespace vpcd::test {

namespace {

// web-1 is in a group with one rule.
World guarded_network()
{
    World world = network();
    SecurityGroup group{.name = "web", .vpc = "blue", .rules = {}};
    group.rules.emplace_back();
    group.rules.back().protocol = *IpProtocol::parse("tcp");
    group.rules.back().ports = {{443, 443}};
    world.put(group);
    world.change<Interface>("web-1", [](Interface& value) { value.security_groups = {"web"}; });
    world.plan();
    return world;
}

std::uint64_t id_of_rule(const World& world)
{
    return rule_id(origin_of(*world.model.find<SecurityGroup>("web"), "blue", 0));
}

} // namespace

TEST_CASE("a rule's number is the rule of the document, or says what was decided without one")
{
    const World world = guarded_network();
    const auto text = [&](std::uint64_t id) { return rule_text(world.planner, id, "inbound"); };

    CHECK(text(id_of_rule(world)) == "SecurityGroup web rules[0] (ingress allow tcp 443 from anybody)");
    CHECK(text(RULE_ID_NONE).empty());
    CHECK(text(RULE_ID_OTHERWISE_ALLOW) == "no rule matched: inbound is allowed");
    CHECK(text(RULE_ID_OTHERWISE_DROP) == "no rule matched: inbound is dropped");
    CHECK(text(RULE_ID_MISSING).starts_with("the rules are not in the kernel's tables"));
    CHECK(text(0x1234567890abcdef) == "a rule that is no longer there (1234567890abcdef)");
}

TEST_CASE("stages and reasons know their way")
{
    CHECK(way_of_stage(POLICY_STAGE_GROUP_OUT) == "outbound");
    CHECK(way_of_stage(POLICY_STAGE_ACL_OUT) == "outbound");
    CHECK(way_of_stage(POLICY_STAGE_GROUP_IN) == "inbound");
    CHECK(way_of_reason(DROP_ACL_OUT) == "outbound");
    CHECK(way_of_reason(DROP_GROUP_IN) == "inbound");
    CHECK(stage_sentence(POLICY_STAGE_COUNT) == "a stage of another version");
}

TEST_CASE("counters of rules and VPCs that are gone are outdated, those of packets no rule matched are not")
{
    const World world = guarded_network();
    Table<::rule_hit_key, ::rule_hits> hits;
    const ::rule_hit_key kept{.rule = id_of_rule(world), .vpc = 100, .pad = 0};
    const ::rule_hit_key unmatched{.rule = RULE_ID_OTHERWISE_DROP, .vpc = 100, .pad = 0};
    const ::rule_hit_key gone{.rule = id_of_rule(world) + 1, .vpc = 100, .pad = 0};
    const ::rule_hit_key of_no_vpc{.rule = RULE_ID_OTHERWISE_DROP, .vpc = 4711, .pad = 0};
    for (const auto& key : {kept, unmatched, gone, of_no_vpc})
        hits[key] = {.packets = 1, .bytes = 1};

    auto keys = outdated(hits, world.planner);

    std::ranges::sort(keys, {}, &::rule_hit_key::vpc);
    REQUIRE(keys.size() == 2);
    CHECK(same_bytes(keys[0], gone));
    CHECK(same_bytes(keys[1], of_no_vpc));
}

} // namespace vpcd::test
