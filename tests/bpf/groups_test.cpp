// Which rule decides about a packet that opens a connection.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

Packet to_web()
{
    return Packet{}.to("10.0.1.10").tcp(40000, 443).flags(kSyn);
}

} // namespace

TEST_CASE("of the rules that match the first one decides, wherever its bit is", "[bpf][groups]")
{
    using Bits = std::pair<std::uint32_t, std::uint32_t>;
    const auto [first, second] = GENERATE(values<Bits>({{0, 1},
                                                        {0, 1087},
                                                        {31, 32},
                                                        {62, 63},
                                                        {63, 64},
                                                        {64, 128},
                                                        {63, 1023},
                                                        {1022, 1023},
                                                        {1023, 1024},
                                                        {1024, 1087},
                                                        {1086, 1087}}));
    const auto verdict = GENERATE(kAllow, kDrop);
    CAPTURE(first, second, static_cast<int>(verdict));
    RulesWorld world;
    const auto set = world.inbound(world.web, {{.bit = first, .verdict = verdict},
                                               {.bit = second, .verdict = verdict == kAllow ? kDrop : kAllow}});

    const auto out = world.database.sends(to_web());

    CHECK(out.verdict == (verdict == kAllow ? kRedirected : dropped(DROP_GROUP_IN)));
    CHECK(world.hits(id_of(set, first)) == 1);
    CHECK(world.hits(id_of(set, second)) == 0);
}

TEST_CASE("a rule decides if peer, protocol and port all match it", "[bpf][groups]")
{
    struct Row {
        const char* name;
        Rule rule;
        Packet packet;
        bool matches;
    };
    const auto row = GENERATE(values<Row>({
        {"anything", {}, to_web(), true},
        {"the port", {.protocol = kTcp, .port = 443}, to_web(), true},
        {"another port", {.protocol = kTcp, .port = 444}, to_web(), false},
        {"the source port is not asked", {.protocol = kTcp, .port = 40000}, to_web(), false},
        {"any port of the protocol", {.protocol = kTcp}, to_web(), true},
        {"another protocol", {.protocol = kUdp, .port = 443}, to_web(), false},
        {"a range's first port",
         {.protocol = kTcp, .port = 8080, .port_bits = 13},
         to_web().tcp(1, 8080).flags(kSyn),
         true},
        {"a range's last port",
         {.protocol = kTcp, .port = 8080, .port_bits = 13},
         to_web().tcp(1, 8087).flags(kSyn),
         true},
        {"the port behind a range",
         {.protocol = kTcp, .port = 8080, .port_bits = 13},
         to_web().tcp(1, 8088).flags(kSyn),
         false},
        {"UDP", {.protocol = kUdp, .port = 443}, to_web().udp(1, 443), true},
        {"ICMP by type", {.protocol = kIcmp, .port = icmp_port(8), .port_bits = 8}, to_web().icmp_echo(1, 1), true},
        {"ICMP by type and code", {.protocol = kIcmp, .port = icmp_port(8)}, to_web().icmp_echo(1, 1), true},
        {"another ICMP type",
         {.protocol = kIcmp, .port = icmp_port(13), .port_bits = 8},
         to_web().icmp_echo(1, 1),
         false},
        {"another ICMP code", {.protocol = kIcmp, .port = icmp_port(5, 1)}, to_web().icmp(5, 0), false},
        {"an ICMP message that is no query", {.protocol = kIcmp, .port = icmp_port(5, 1)}, to_web().icmp(5, 1), true},
        {"a protocol without ports", {.protocol = 132}, to_web().protocol(132), true},
        {"another one", {.protocol = 132}, to_web().protocol(47), false},
        {"the block", {.block = "10.0.2.0/24"}, to_web(), true},
        {"the very address", {.block = "10.0.2.10/32"}, to_web(), true},
        {"the neighbouring address", {.block = "10.0.2.11/32"}, to_web(), false},
        {"another block", {.block = "10.0.3.0/24"}, to_web(), false},
        {"the block, but not the port", {.block = "10.0.2.0/24", .protocol = kTcp, .port = 80}, to_web(), false},
    }));
    RulesWorld world;
    const auto set = world.inbound(world.web, {row.rule});

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.database.sends(row.packet);

        CHECK(out.verdict == (row.matches ? kRedirected : dropped(DROP_GROUP_IN)));
        CHECK(world.hits(id_of(set, 0)) == row.matches);
    }
}

TEST_CASE("blocks inside each other: all of them match", "[bpf][groups]")
{
    RulesWorld world;
    const auto set = world.inbound(world.web, {{.bit = 3, .block = "10.0.2.0/24", .protocol = kTcp, .port = 443},
                                               {.bit = 5, .verdict = kDrop, .block = "10.0.0.0/8"},
                                               {.bit = 70, .block = "0.0.0.0/0"},
                                               {.bit = 80, .verdict = kDrop, .block = "10.0.2.10/32"}});

    CHECK(world.database.sends(to_web()).verdict == kRedirected);
    CHECK(world.hits(id_of(set, 3)) == 1);
    CHECK(world.database.sends(to_web().tcp(1, 80).flags(kSyn)).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.hits(id_of(set, 5)) == 1);
    world.database.unchecked();
    CHECK(world.database.sends(to_web().from("198.51.100.1")).verdict == kRedirected);
    CHECK(world.hits(id_of(set, 70)) == 1);
}

TEST_CASE("a peer may match by its address, by its groups, or by both: the first rule decides", "[bpf][groups]")
{
    struct Row {
        const char* name;
        std::uint32_t group_set; // of the peer
        Rules rules;
        bool is_allowed;
    };
    constexpr std::uint32_t kMembers = 7, kOthers = 8;
    const auto row = GENERATE(values<Row>({
        {"a member", kMembers, {{.bit = 0, .block = "", .group_set = kMembers}}, true},
        {"a member of others", kOthers, {{.bit = 0, .block = "", .group_set = kMembers}}, false},
        {"no member", 0, {{.bit = 0, .block = "", .group_set = kMembers}}, false},
        {"group first",
         kMembers,
         {{.bit = 63, .verdict = kDrop, .block = "", .group_set = kMembers}, {.bit = 64, .verdict = kAllow}},
         false},
        {"block first",
         kMembers,
         {{.bit = 64, .verdict = kDrop, .block = "", .group_set = kMembers}, {.bit = 63, .verdict = kAllow}},
         true},
        {"group first, of which it is no member",
         kOthers,
         {{.bit = 63, .verdict = kDrop, .block = "", .group_set = kMembers}, {.bit = 64, .verdict = kAllow}},
         true},
        {"the group's port is another",
         kMembers,
         {{.bit = 1, .block = "", .group_set = kMembers, .protocol = kTcp, .port = 80}},
         false},
        {"the rule of all members, behind those that are written",
         kMembers,
         {{.bit = 1023, .verdict = kDrop, .block = "10.0.3.0/24"}, {.bit = 1024, .block = "", .group_set = kMembers}},
         true},
    }));
    RulesWorld world;
    world.member("10.0.2.10", row.group_set);
    world.inbound(world.web, row.rules);

    DYNAMIC_SECTION(row.name)
    {
        CHECK(world.database.sends(to_web()).verdict == (row.is_allowed ? kRedirected : dropped(DROP_GROUP_IN)));
    }
}

TEST_CASE("a member with the same address in another VPC is another peer", "[bpf][groups]")
{
    RulesWorld world;
    world.vpc(kOtherVpc);
    world.interface("10.0.2.10", kOtherVpc);
    world.member("10.0.2.10", 7, kOtherVpc);
    world.inbound(world.web, {{.block = "", .group_set = 7}});

    CHECK(world.database.sends(to_web()).verdict == dropped(DROP_GROUP_IN));
}

TEST_CASE("when no rule matches the rule set says what happens", "[bpf][groups]")
{
    const auto otherwise = GENERATE(kAllow, kDrop);
    RulesWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    world.inbound(world.web, {{.protocol = kTcp, .port = 1}}, otherwise);

    const auto out = world.database.sends(to_web());

    CHECK(out.verdict == (otherwise == kAllow ? kRedirected : dropped(DROP_GROUP_IN)));
    CHECK(world.hits(RULE_ID_OTHERWISE_ALLOW) == (otherwise == kAllow));
    CHECK(world.hits(RULE_ID_OTHERWISE_DROP) == (otherwise == kDrop));
    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == (otherwise == kDrop));
    if (otherwise == kDrop)
        CHECK(events[0].rule == RULE_ID_OTHERWISE_DROP);
}

TEST_CASE("rules that are missing let nothing pass", "[bpf][groups]")
{
    RulesWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    SECTION("the rule set")
    {
        world.web.change([&](auto& i) { i.ingress_policy = world.policy(4711); });
    }
    SECTION("the policy names none")
    {
        world.web.change([&](auto& i) { i.ingress_policy = world.policy(0); });
    }
    SECTION("the policy is beyond the table")
    {
        world.web.change([](auto& i) { i.ingress_policy = VPCD_MAX_POLICIES; });
    }
    SECTION("the rule itself")
    {
        const auto set = world.inbound(world.web, {{}});
        world.datapath.erase("rules", rule_key{set, 0});
    }

    CHECK(world.database.sends(to_web()).verdict == dropped(DROP_GROUP_IN));

    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].rule == RULE_ID_MISSING);
    CHECK(world.flow_keys().empty());
}

TEST_CASE("the lowest bit of the epoch says which rule set is in force", "[bpf][groups]")
{
    RulesWorld world;
    const auto even = world.rule_set({{.verdict = kDrop}}), odd = world.rule_set({{.verdict = kAllow}});
    world.web.change([&](auto& i) { i.ingress_policy = world.policy(even, odd); });

    for (std::uint32_t epoch = 0; epoch < 4; epoch++) {
        world.change_settings([&](auto& s) { s.epoch = epoch; });
        const auto out = world.database.sends(to_web().tcp(static_cast<std::uint16_t>(epoch), 443).flags(kSyn));
        CHECK(out.verdict == (epoch % 2 ? kRedirected : dropped(DROP_GROUP_IN)));
    }
    CHECK(world.hits(id_of(even, 0)) == 2);
    CHECK(world.hits(id_of(odd, 0)) == 2);
}

TEST_CASE("a rule counts the packets it decided, not those that follow them", "[bpf][groups]")
{
    RulesWorld world;
    const auto out = world.outbound(world.database, {{.bit = 9, .protocol = kUdp}});
    const auto in = world.inbound(world.web, {{.bit = 2, .protocol = kUdp, .port = 53}});
    const auto allowed = Packet{}.to("10.0.1.10").udp(1000, 53), denied = Packet{}.to("10.0.1.10").udp(1000, 54);

    for (int i = 0; i < 20; i++)
        CHECK(world.database.sends(allowed).verdict == kRedirected);
    CHECK(world.hits(id_of(out, 9)) == 1);
    CHECK(world.hits(id_of(in, 2)) == 1);

    for (int i = 0; i < 3; i++)
        CHECK(world.database.sends(denied).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.hits(id_of(out, 9)) == 4);
    CHECK(world.hits(id_of(in, 2)) == 1);
    CHECK(world.hits(RULE_ID_OTHERWISE_DROP) == 3);
}

TEST_CASE("hits add up in bytes of frames, by VPC", "[bpf][groups]")
{
    RulesWorld world;
    const auto set = world.inbound(world.web, {{.verdict = kDrop}});
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto inner = Packet{}.udp(1, 2).payload(100);
    world.arrives(world.far_web, world.web, inner, via);
    world.arrives(world.far_web, world.web, inner, via);

    rule_hits found{};
    REQUIRE(world.datapath.get("rule_hits", rule_hit_key{.rule = id_of(set, 0), .vpc = kVpc, .pad = 0}, found));
    CHECK(found.packets == 2);
    CHECK(found.bytes == 2 * inner.bytes().size());
    CHECK(world.hits(id_of(set, 0), kOtherVpc) == 0);
}

TEST_CASE("a rule whose hits find no room decides all the same", "[bpf][groups]")
{
    RulesWorld world;
    world.inbound(world.web, {{.verdict = kDrop}});
    for (std::uint64_t i = 0; world.datapath.try_put("rule_hits", rule_hit_key{1'000'000 + i, 1, 0}, rule_hits{});
         i++)
        continue;

    const auto out = world.database.sends(to_web());

    CHECK(out.verdict == dropped(DROP_GROUP_IN));
    CHECK(out.counters[COUNTER_RULE_UNLISTED] == 1);
}

TEST_CASE("a denied packet is told with the rule that denied it", "[bpf][groups]")
{
    RulesWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    const auto out = world.outbound(world.web, {{.bit = 4, .verdict = kDrop, .protocol = kUdp, .port = 1}}, kAllow);
    const auto in = world.inbound(world.web, {{.bit = 65, .verdict = kDrop}});

    world.web.sends(Packet{}.to("10.0.2.10").udp(9, 1));
    world.database.sends(to_web());
    world.arrives(world.far_web, world.web, to_web(), Via::kXdp);
    world.web.sends(Packet{}.to("198.51.100.1"));

    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == 4);
    CHECK(events[0].reason == DROP_GROUP_OUT);
    CHECK(events[0].rule == id_of(out, 4));
    CHECK(events[1].reason == DROP_GROUP_IN);
    CHECK(events[1].rule == id_of(in, 65));
    CHECK(events[2].reason == DROP_GROUP_IN);
    CHECK(events[2].rule == id_of(in, 65));
    CHECK(events[3].reason == DROP_NO_ROUTE);
    CHECK(events[3].rule == RULE_ID_NONE);
}
