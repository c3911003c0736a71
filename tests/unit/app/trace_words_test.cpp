// Steps in words: every kind of number by the name of what it stands for.
#include "app/trace_words.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/policy.h>

#include "unit/plan/world.h"

namespace vpcd::test {

namespace {

struct Words {
    World world = planned_network();
    TraceWords words{world.model, world.planner, world.facts, *world.model.find<Vpc>("blue"),
                     [](std::uint32_t stamp) { return stamp / 10.0; }};

    std::uint32_t table(std::string_view name) const
    {
        for (const auto& [key, row] : world.planner.tables().routes)
            if (key.vpc == 100 && world.planner.table_name(key.vpc, key.table) == name)
                return key.table;
        FAIL("no table " << name);
        return 0;
    }
    TraceStep describe(trace_id id, __u32 a = 0, __u32 b = 0, __u32 c = 0, std::string_view at = {}) const
    {
        ::trace_step step{};
        step.step = id;
        step.value[0] = a;
        step.value[1] = b;
        step.value[2] = c;
        if (!at.empty())
            step.address = address(at).abi();
        return words.describe(step);
    }
    std::string text(trace_id id, __u32 a = 0, __u32 b = 0, __u32 c = 0, std::string_view at = {}) const
    {
        return describe(id, a, b, c, at).text;
    }
};

} // namespace

TEST_CASE("steps name interfaces, VPCs, hosts, devices and next hops")
{
    const Words w;
    const auto web = w.world.planner.local_interface("web-1")->id;
    const auto db = w.world.slot(100, "10.0.2.10");
    const auto node_b = w.world.next_hop(100, "10.0.2.10")->host;

    CHECK(w.text(TRACE_SENDER, web, 100, 1) == "sent by web-1 of VPC blue; source check on");
    CHECK(w.text(TRACE_NEXT_HOP, db, 64, 1) == "leads to db-1 @ node-b, through the virtual router, TTL 64 -> 63");
    CHECK(w.text(TRACE_NEXT_HOP, db, 64, 0) == "leads to db-1 @ node-b, in the same subnet");
    CHECK(w.text(TRACE_NEXT_HOP, db, 1, 1) ==
          "leads to db-1 @ node-b, through the virtual router, where its TTL of 1 ends");
    CHECK(w.text(TRACE_UNDERLAY, node_b, 2, 0, "192.0.2.2") ==
          "to host node-b at 192.0.2.2 out of eth0; the kernel asks for its MAC first");
    CHECK(w.text(TRACE_DELIVER, 10, 1) == "to web-1 (device tap-web-1), straight into the instance");
    CHECK(w.text(TRACE_OUTER, 100, ENCAPSULATION_GRE, 0xc0000202) == "gre packet of VPC blue from 192.0.2.2");
    CHECK(w.text(TRACE_PEER, node_b) == "the sender is host node-b");
}

TEST_CASE("steps tell routes, flows, sizes, answers and drops")
{
    const Words w;
    const auto main_table = w.table("main");

    CHECK(w.text(TRACE_ROUTE, main_table, ROUTE_SUBNET, 0, "10.0.2.10") ==
          "route table main: 10.0.2.0/24 -> subnet db (system route)");
    CHECK(w.text(TRACE_ROUTE, main_table, ROUTE_NONE, 0, "8.8.8.8") == "route table main: no entry for 8.8.8.8");
    CHECK(w.text(TRACE_ROUTE, main_table, ROUTE_BLACKHOLE, 0, "10.0.2.10") ==
          "route table main: 10.0.2.10 is blackhole; the documents say subnet db");
    CHECK(w.text(TRACE_FLOW_HIT, 7, 25) == "known flow, opened 2.5 s ago, decided under generation 7");
    CHECK(w.text(TRACE_FLOW_MISS, TRACE_MISS_UNKNOWN) == "no flow known: decided anew");
    CHECK(w.text(TRACE_SIZE, 1500, 1450) == "1500 bytes, the tunnel carries 1450");
    CHECK(w.text(TRACE_MSS, 1460, 1410) == "the MSS of the TCP handshake is lowered from 1460 to 1410");
    CHECK(w.text(TRACE_ICMP_ERROR, 3 << 8 | 4, 1450, 0x0a0001fd) ==
          "the sender is told by 10.0.1.253: ICMP fragmentation needed, MTU 1450");
    CHECK(w.text(TRACE_ICMP_ERROR, 3 << 8 | 1, 0, 0x0a0001fd) ==
          "the sender is told by 10.0.1.253: ICMP host unreachable");
    CHECK(w.text(TRACE_ARP_REPLY, 0x0276, 0x706364fe, 0, "10.0.1.253") ==
          "ARP for 10.0.1.253 is answered with 02:76:70:63:64:fe");
    CHECK_THAT(w.text(TRACE_DROP, DROP_NO_ROUTE), Catch::Matchers::StartsWith("no-route: the route table has"));
}

TEST_CASE("steps tell who was asked about a packet, and which rule answered")
{
    const Words w;
    const auto asked = [](policy_stage stage, rule_verdict verdict) { return stage | verdict << 8; };

    CHECK(w.text(TRACE_POLICY, RULE_ID_OTHERWISE_DROP, 0, asked(POLICY_STAGE_GROUP_IN, RULE_VERDICT_DROP)) ==
          "groups of the receiver, inbound, drop: no rule matched: inbound is dropped");
    CHECK(w.text(TRACE_POLICY, 0x90abcdef, 0x12345678, asked(POLICY_STAGE_ACL_OUT, RULE_VERDICT_ALLOW)) ==
          "network ACL of the sender's subnet, outbound, allow: a rule that is no longer there (1234567890abcdef)");
    CHECK(w.text(TRACE_FLOW_RULE, RULE_ID_OTHERWISE_ALLOW, 0, POLICY_STAGE_GROUP_OUT) ==
          "the connection was opened under groups of the sender, outbound: no rule matched: outbound is allowed");
    CHECK(w.text(TRACE_FLOW_RULE, RULE_ID_NONE, 0, POLICY_STAGE_GROUP_IN) ==
          "the connection was opened under groups of the receiver, inbound: there are no rules, or they are asked on "
          "another host");
    CHECK(w.text(TRACE_FRAGMENT, 40000, 53) == "a later fragment; its first one had the ports 40000 and 53");
    CHECK(w.text(TRACE_MIDSTREAM, 100) == "in the middle of an unknown TCP connection, which VPC blue accepts");
}

TEST_CASE("what a step says in words it says as values, too")
{
    const Words w;
    const auto step = w.describe(TRACE_SIZE, 1500, 1450);
    CHECK(step.step == "size");
    CHECK(step.values == std::vector<std::pair<std::string, std::string>>{{"size", "1500"}, {"room", "1450"}});
}

TEST_CASE("no step has a hole that is left open")
{
    const Words w;
    for (__u32 id = 0; id < TRACE_COUNT; ++id) {
        const auto step = w.describe(static_cast<trace_id>(id));
        CAPTURE(step.step, step.text);
        CHECK(step.text.find_first_of("{}") == std::string::npos);
        CHECK(!step.step.empty());
    }
}

TEST_CASE("numbers without a name, and steps of another version, stay readable")
{
    const Words w;
    CHECK(w.text(TRACE_SENDER, 4000, 4711, 0) == "sent by interface 4000 of VPC VNI 4711; source check off");
    CHECK(w.text(TRACE_COUNT) == "step " + std::to_string(TRACE_COUNT) + " of another version");
}

} // namespace vpcd::test
