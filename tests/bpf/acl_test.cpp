// Network ACLs: between subnets and to the outside, packet by packet.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

Packet ask()
{
    return Packet{}.to("10.0.2.10").udp(1000, 53);
}

Packet answer()
{
    return Packet{}.to("10.0.1.10").udp(53, 1000);
}

} // namespace

TEST_CASE("an ACL knows no connections: the answer needs a rule as well", "[bpf][acl]")
{
    RulesWorld world;
    world.acl_out(1, {{.protocol = kUdp, .port = 53}});
    world.acl_in(1, {{.protocol = kUdp, .port = 999}});
    REQUIRE(world.web.sends(ask()).verdict == kRedirected);
    REQUIRE(world.database.sends(answer()).verdict == dropped(DROP_ACL_IN));

    world.acl_in(1, {{.protocol = kUdp, .port = 1000}}); // the answer's own destination port
    world.web.bump();

    CHECK(world.database.sends(answer()).verdict == kRedirected);
}

TEST_CASE("an answer of another host needs a rule as well", "[bpf][acl]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    RulesWorld world;
    world.acl_in(1, {{.protocol = kUdp, .port = 999}});
    world.web.sends(Packet{}.to("10.0.2.20").udp(1000, 53));
    const auto arrive = [&](std::uint16_t port) {
        return world.arrives(world.far_database, world.web, Packet{}.udp(53, port), via);
    };

    const auto out = arrive(1000);
    CHECK(out.verdict == dropped(DROP_ACL_IN));
    CHECK(out.drop->interface == world.web.id);
    world.web.sends(Packet{}.to("10.0.2.20").udp(999, 53));
    CHECK(arrive(999).verdict == let_through(via));
}

TEST_CASE("which ACL is asked about which packet", "[bpf][acl]")
{
    struct Row {
        const char* name;
        std::uint32_t subnet; // that lets nothing pass, in or out
        bool inward;
        Verdict routed;   // web to database, across the border
        Verdict bridged;  // web to its neighbour
        Verdict to_far;   // web to a far database
        Verdict from_far; // from a far database
        Verdict near_far; // from a far one of the same subnet
    };
    const auto row = GENERATE(values<Row>({
        {"out of the sender's subnet", 1, false, dropped(DROP_ACL_OUT), kRedirected, dropped(DROP_ACL_OUT),
         kRedirected, kRedirected},
        {"into the sender's subnet", 1, true, kRedirected, kRedirected, kRedirected, dropped(DROP_ACL_IN),
         kRedirected},
        {"into the receiver's subnet", 2, true, dropped(DROP_ACL_IN), kRedirected, kRedirected, kRedirected,
         kRedirected},
        {"out of the receiver's subnet", 2, false, kRedirected, kRedirected, kRedirected, kRedirected, kRedirected},
    }));
    RulesWorld world;
    row.inward ? world.acl_in(row.subnet, {}) : world.acl_out(row.subnet, {});

    DYNAMIC_SECTION(row.name)
    {
        CHECK(world.web.sends(Packet{}.to("10.0.2.10")).verdict == row.routed);
        CHECK(world.web.sends(Packet{}.to("10.0.1.11")).verdict == row.bridged);
        CHECK(world.web.sends(Packet{}.to("10.0.2.20")).verdict == row.to_far);
        CHECK(world.arrives(world.far_database, world.web, Packet{}.udp(1, 2)).verdict == row.from_far);
        CHECK(world.arrives(world.far_web, world.web, Packet{}.udp(1, 2)).verdict == row.near_far);
    }
}

TEST_CASE("a packet that is denied leaves no flow and names the rule", "[bpf][acl]")
{
    RulesWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    std::uint32_t set = 0;
    SECTION("out")
    {
        set = world.acl_out(1, {{.bit = 7, .verdict = kDrop}, {.bit = 8}});
    }
    SECTION("in")
    {
        set = world.acl_in(2, {{.bit = 7, .verdict = kDrop}, {.bit = 8}});
    }

    world.web.sends(ask());

    CHECK(world.flow_keys().empty());
    CHECK(world.hits(id_of(set, 7)) == 1);
    CHECK(world.hits(id_of(set, 8)) == 0);
    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].rule == id_of(set, 7));
}

TEST_CASE("the first rule that matches decides, and without one the packet is dropped", "[bpf][acl]")
{
    RulesWorld world;
    const auto set = world.acl_in(2, {{.bit = 0, .verdict = kDrop, .block = "10.0.1.11/32"},
                                      {.bit = 1, .block = "10.0.1.0/24", .protocol = kUdp, .port = 53}});

    CHECK(world.web.sends(ask()).verdict == kRedirected);
    CHECK(world.neighbour.sends(ask()).verdict == dropped(DROP_ACL_IN));
    CHECK(world.web.sends(Packet{}.to("10.0.2.10").udp(1000, 54)).verdict == dropped(DROP_ACL_IN));
    CHECK(world.hits(id_of(set, 0)) == 1);
    CHECK(world.hits(id_of(set, 1)) == 1);
    CHECK(world.hits(RULE_ID_OTHERWISE_DROP) == 1);
}

TEST_CASE("an address of the subnet that is an instance's second one is inside, one that nobody has is not",
          "[bpf][acl]")
{
    RulesWorld world;
    world.acl_out(1, {});
    world.secondary(world.neighbour, "10.0.1.99");
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.neighbour.next_hop);

    CHECK(world.web.sends(Packet{}.to("10.0.1.99")).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("10.9.0.1")).verdict == dropped(DROP_ACL_OUT));
}

TEST_CASE("who sends in the name of the virtual router is not inside", "[bpf][acl]")
{
    RulesWorld world;
    world.acl_in(1, {});

    CHECK(world.arrives(world.far_web, world.web, Packet{}.from("10.0.1.1")).verdict == dropped(DROP_ACL_IN));
}

TEST_CASE("what the virtual router says and is told crosses no border", "[bpf][acl]")
{
    RulesWorld world;
    world.acl_out(1, {});
    world.acl_in(1, {});
    world.outbound(world.web, {});

    CHECK(world.web.sends(Packet{}.to("10.0.1.1").icmp_echo(1, 1)).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("198.51.100.1")).verdict == refused(DROP_NO_ROUTE));
}

TEST_CASE("an ICMP error about a known connection needs a rule of the ACL too", "[bpf][acl]")
{
    const auto code = GENERATE(std::uint8_t{3}, std::uint8_t{1});
    CAPTURE(static_cast<int>(code));
    RulesWorld world;
    const auto set = world.acl_in(1, {{.protocol = kIcmp, .port = icmp_port(3, 3)}});
    world.web.sends(Packet{}.to("10.0.2.20").udp(1000, 53));
    const auto quoted = Packet{}.from("10.0.1.10").to("10.0.2.20").udp(1000, 53);

    const auto out = world.arrives(world.far_database, world.web, Packet{}.icmp(3, code).quoting(quoted));

    CHECK(out.verdict == (code == 3 ? kRedirected : dropped(DROP_ACL_IN)));
    CHECK(world.hits(id_of(set, 0)) == (code == 3));
}

TEST_CASE("groups are asked before the sender's ACL, and after the one of who receives from another host",
          "[bpf][acl]")
{
    RulesWorld world;
    world.outbound(world.web, {});
    world.inbound(world.database, {});
    world.acl_out(1, {});
    world.acl_in(2, {});

    CHECK(world.web.sends(ask()).verdict == dropped(DROP_GROUP_OUT));
    world.outbound(world.web, {{}});
    CHECK(world.web.sends(ask()).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.arrives(world.far_web, world.database, Packet{}.udp(1, 2)).verdict == dropped(DROP_ACL_IN));
}

TEST_CASE("a changed ACL stops a flow of now, in its own direction", "[bpf][acl]")
{
    RulesWorld world;
    for (int i = 0; i < 3; i++)
        world.web.sends(ask()), world.database.sends(answer());

    world.acl_in(1, {});
    world.web.bump();

    CHECK(world.web.sends(ask()).verdict == kRedirected);
    CHECK(world.database.sends(answer()).verdict == dropped(DROP_ACL_IN));
}

TEST_CASE("the ACL's rule sets switch with the epoch as those of groups do", "[bpf][acl]")
{
    RulesWorld world;
    const auto denies = world.rule_set({}), allows = world.rule_set({{}});
    const auto policy = world.policy(denies, allows);
    ::subnet subnet{};
    REQUIRE(world.datapath.get("subnets", subnet_key{kVpc, 1}, subnet));
    subnet.egress_policy = policy;
    world.datapath.put("subnets", subnet_key{kVpc, 1}, subnet);

    CHECK(world.web.sends(ask()).verdict == dropped(DROP_ACL_OUT));
    world.change_settings([](auto& s) { s.epoch = 1; });
    CHECK(world.web.sends(ask()).verdict == kRedirected);
}
