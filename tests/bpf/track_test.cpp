// TCP packets that belong to no known connection: which may not be at all, and which may be taken up.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

Packet with_flags(int flags)
{
    return Packet{}.tcp(1000, 80).flags(flags);
}

} // namespace

TEST_CASE("TCP flags decide what a packet of no connection may be", "[bpf][track]")
{
    struct Row {
        int flags;
        drop_reason reason; // DROP_NONE: it passes
    };
    constexpr auto kPasses = DROP_NONE, kFlags = DROP_TCP_FLAGS, kUnknown = DROP_TCP_UNKNOWN;
    const auto row = GENERATE(values<Row>({
        {0, kFlags},
        {kFin, kFlags},
        {kSyn, kPasses},
        {kSyn | kFin, kFlags},
        {kRst, kUnknown},
        {kRst | kFin, kFlags},
        {kRst | kSyn, kFlags},
        {kRst | kSyn | kFin, kFlags},
        {kAck, kPasses},
        {kAck | kFin, kPasses},
        {kAck | kSyn, kPasses},
        {kAck | kSyn | kFin, kFlags},
        {kAck | kRst, kUnknown},
        {kAck | kRst | kFin, kUnknown},
        {kAck | kRst | kSyn, kFlags},
        {kAck | kRst | kSyn | kFin, kFlags},
    }));
    const int others = GENERATE(0, 0xe8); // PSH, URG, ECE, CWR
    CAPTURE(row.flags, others);
    const auto packet = with_flags(row.flags | others);
    const auto expected = [&](Verdict passed) { return row.reason == kPasses ? passed : dropped(row.reason); };

    SECTION("sent here")
    {
        RulesWorld world;
        CHECK(world.web.sends(Packet{packet}.to("10.0.2.10")).verdict == expected(kRedirected));
    }
    SECTION("from another host")
    {
        RulesWorld world;
        const auto via = GENERATE(Via::kTc, Via::kXdp);
        const auto out = world.arrives(world.far_web, world.web, packet, via);
        CHECK(out.verdict == expected(let_through(via)));
    }
    SECTION("in a known connection contradictions stay contradictions, and what is a RST passes")
    {
        RulesWorld world;
        world.web.sends(with_flags(kAck).to("10.0.2.10"));
        CHECK(world.web.sends(Packet{packet}.to("10.0.2.10")).verdict ==
              (row.reason == kFlags ? dropped(kFlags) : kRedirected));
    }
}

TEST_CASE("a VPC says whether connections are taken up in the middle", "[bpf][track]")
{
    struct Row {
        const char* name;
        std::uint32_t vpc_flags;
        std::uint64_t until; // of the interface that is here
        bool is_taken_up;
    };
    constexpr std::uint64_t kPast = 1, kFuture = ~0ull;
    const auto row = GENERATE(values<Row>({
        {"accept", 0, 0, true},
        {"drop", VPC_MIDSTREAM_DROP, 0, false},
        {"drop, however recently the interface came", VPC_MIDSTREAM_DROP, kFuture, false},
        {"after a move, never moved", VPC_MIDSTREAM_AFTER_MOVE, 0, false},
        {"after a move, too long ago", VPC_MIDSTREAM_AFTER_MOVE, kPast, false},
        {"after a move", VPC_MIDSTREAM_AFTER_MOVE, kFuture, true},
    }));
    const int flags = GENERATE(kAck + 0, kSyn | kAck, kFin | kAck);
    CAPTURE(flags);
    RulesWorld world;
    world.change_vpc([&](auto& v) { v.flags = row.vpc_flags; });

    DYNAMIC_SECTION(row.name << ", sent here")
    {
        world.datapath.put("midstream_until", world.web.id, row.until);
        world.datapath.put("midstream_until", world.database.id, kFuture - row.until); // does not count
        const auto out = world.web.sends(with_flags(flags).to("10.0.2.10"));
        CHECK(out.verdict == (row.is_taken_up ? kRedirected : dropped(DROP_TCP_UNKNOWN)));
        CHECK(world.flow_keys().size() == (row.is_taken_up ? 2 : 0));
    }
    DYNAMIC_SECTION(row.name << ", from another host")
    {
        const auto via = GENERATE(Via::kTc, Via::kXdp);
        world.datapath.put("midstream_until", world.web.id, row.until);
        const auto out = world.arrives(world.far_web, world.web, with_flags(flags), via);
        CHECK(out.verdict == (row.is_taken_up ? let_through(via) : dropped(DROP_TCP_UNKNOWN)));
    }
    DYNAMIC_SECTION(row.name << ", a SYN is no such packet")
    {
        CHECK(world.web.sends(with_flags(kSyn).to("10.0.2.10")).verdict == kRedirected);
    }
}

TEST_CASE("a connection taken up was opened by whoever the rules let open it", "[bpf][track]")
{
    struct Row {
        const char* name;
        Rules out, in; // of web, which sends from port 1000 to port 80
        bool passes, is_answer;
    };
    const Rule kTo80{.protocol = kTcp, .port = 80}, kTo1000{.protocol = kTcp, .port = 1000};
    const auto row = GENERATE_COPY(values<Row>({
        {"it may open it", {kTo80}, {}, true, false},
        {"the other may have opened it", {}, {kTo1000}, true, true},
        {"both may", {kTo80}, {kTo1000}, true, false},
        {"neither may", {kTo1000}, {kTo80}, false, false},
    }));
    RulesWorld world;
    world.outbound(world.web, row.out);
    world.inbound(world.web, row.in);

    DYNAMIC_SECTION(row.name << ", sent here")
    {
        const auto out = world.web.sends(with_flags(kAck).to("10.0.1.20"));
        CHECK((out.verdict == kRedirected) == row.passes);
        REQUIRE(world.flow_keys().size() == (row.passes ? 2 : 0));
        if (!row.passes)
            return;
        const auto own = world.flow(key_of("10.0.1.10", "10.0.1.20", world.web.id, kTcp, 1000, 80));
        const auto peer = world.flow(key_of("10.0.1.20", "10.0.1.10", tunnel_entry(world.web), kTcp, 80, 1000));
        CHECK(own.flags == (FLOW_DECIDED | FLOW_MIDSTREAM | (row.is_answer ? FLOW_REVERSE : 0)));
        CHECK(peer.flags == (FLOW_MIDSTREAM | (row.is_answer ? 0 : FLOW_REVERSE)));
        CHECK(own.tcp_state == TCP_STATE_ESTABLISHED);
        CHECK(peer.tcp_state == TCP_STATE_ESTABLISHED);
    }
    DYNAMIC_SECTION(row.name << ", from another host")
    {
        const auto via = GENERATE(Via::kTc, Via::kXdp);
        const auto packet = Packet{}.tcp(80, 1000).flags(kAck);
        CHECK((world.arrives(world.far_web, world.web, packet, via).verdict == let_through(via)) == row.passes);
        CHECK((world.web.sends(with_flags(kAck).to("10.0.1.20")).verdict == kRedirected) == row.passes);
        CHECK(world.flow_keys().size() == (row.passes ? 2 : 0));
    }
}

TEST_CASE("on one host both sides may say who has opened a connection that is taken up", "[bpf][track]")
{
    RulesWorld world;
    world.outbound(world.web, {{}});
    world.inbound(world.database, {});
    const auto out = world.outbound(world.database, {{.protocol = kTcp, .port = 1000}});
    const auto in = world.inbound(world.web, {{.protocol = kTcp, .port = 1000}});

    CHECK(world.web.sends(with_flags(kAck).to("10.0.2.10")).verdict == kRedirected);
    CHECK(world.hits(id_of(out, 0)) == 1);
    CHECK(world.hits(id_of(in, 0)) == 1);
    world.outbound(world.database, {});
    world.database.bump();
    CHECK(world.web.sends(with_flags(kAck).to("10.0.2.10")).verdict == dropped(DROP_GROUP_OUT));
}

TEST_CASE("what is no TCP needs no beginning", "[bpf][track]")
{
    RulesWorld world;
    world.change_vpc([](auto& v) { v.flags = VPC_MIDSTREAM_DROP; });

    CHECK(world.web.sends(Packet{}.to("10.0.2.10").udp(1, 2)).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("10.0.2.10").protocol(47)).verdict == kRedirected);
}
