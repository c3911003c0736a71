// Rules are asked about the packet that opens a connection; what belongs to it follows, until they change.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

struct Exchange {
    const char* name;
    Packet ask, answer;
};

const std::vector<Exchange>& exchanges()
{
    static const std::vector<Exchange> kExchanges{
        {"UDP", Packet{}.udp(1000, 53), Packet{}.udp(53, 1000)},
        {"TCP", Packet{}.tcp(1000, 443).flags(kSyn), Packet{}.tcp(443, 1000).flags(kSyn | kAck)},
        {"ping", Packet{}.icmp_echo(7, 1), Packet{}.icmp_echo_reply(7, 1)},
        {"an ICMP timestamp", Packet{}.icmp(13, 0, 7, 1), Packet{}.icmp(14, 0, 7, 1)},
        {"a protocol without ports", Packet{}.protocol(47), Packet{}.protocol(47)},
    };
    return kExchanges;
}

const Exchange& one_of_all()
{
    return exchanges().at(static_cast<std::size_t>(GENERATE(range(0, 5))));
}

Packet to(const char* address, const Packet& packet)
{
    return Packet{packet}.to(address);
}

// Web asks the database, which may not open anything itself, and web lets nothing in.
struct AskingWorld : RulesWorld {
    std::uint32_t out = outbound(web, {{.bit = 1, .protocol = kUdp, .port = 53}});
    std::uint32_t in = inbound(database, {{.bit = 2, .protocol = kUdp, .port = 53}});

    AskingWorld()
    {
        inbound(web, {});
        outbound(database, {});
    }
    Outcome ask() { return web.sends(Packet{}.to("10.0.2.10").udp(1000, 53)); }
    Outcome answer() { return database.sends(Packet{}.to("10.0.1.10").udp(53, 1000)); }
};

} // namespace

TEST_CASE("an answer passes where nothing may be opened", "[bpf][groups]")
{
    const auto& row = one_of_all();
    CAPTURE(row.name);
    RulesWorld world;
    world.inbound(world.web, {});
    world.outbound(world.database, {});
    REQUIRE(world.database.sends(to("10.0.1.10", row.ask)).verdict == dropped(DROP_GROUP_OUT));

    CHECK(world.web.sends(to("10.0.2.10", row.ask)).verdict == kRedirected);

    for (int i = 0; i < 3; i++)
        CHECK(world.database.sends(to("10.0.1.10", row.answer)).verdict == kRedirected);
}

TEST_CASE("an answer from another host passes where nothing may be opened", "[bpf][groups]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto& row = one_of_all();
    CAPTURE(row.name);
    RulesWorld world;

    SECTION("to what was asked here")
    {
        world.inbound(world.web, {});
        REQUIRE(world.web.sends(to("10.0.1.20", row.ask)).verdict == kRedirected);
        CHECK(world.arrives(world.far_web, world.web, row.answer, via).verdict == let_through(via));
        CHECK(world.arrives(world.far_web, world.web, row.answer, via).verdict == let_through(via));
    }
    SECTION("from here to what was asked there")
    {
        world.outbound(world.web, {});
        REQUIRE(world.arrives(world.far_web, world.web, row.ask, via).verdict == let_through(via));
        CHECK(world.web.sends(to("10.0.1.20", row.answer)).verdict == kRedirected);
        CHECK(world.web.sends(to("10.0.1.20", row.answer)).verdict == kRedirected);
    }
}

TEST_CASE("what differs from the answer in anything is judged by itself", "[bpf][groups]")
{
    const auto other = GENERATE(values<Packet>(
        {Packet{}.udp(53, 1001), Packet{}.udp(54, 1000), Packet{}.tcp(53, 1000).flags(kSyn), Packet{}.protocol(47)}));
    RulesWorld world;
    world.inbound(world.web, {});
    world.web.sends(Packet{}.to("10.0.2.10").udp(1000, 53));

    CHECK(world.database.sends(to("10.0.1.10", other)).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.neighbour.sends(Packet{}.to("10.0.1.10").udp(53, 1000)).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.arrives(world.far_web, world.web, Packet{}.udp(53, 1000)).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.database.sends(Packet{}.to("10.0.1.10").udp(53, 1000)).verdict == kRedirected);
}

TEST_CASE("a denied packet leaves no flow, on either side", "[bpf][groups]")
{
    const auto& row = one_of_all();
    CAPTURE(row.name);
    RulesWorld world;

    SECTION("the sender's rules")
    {
        world.outbound(world.web, {});
        CHECK(world.web.sends(to("10.0.2.10", row.ask)).verdict == dropped(DROP_GROUP_OUT));
        CHECK(world.web.sends(to("10.0.1.20", row.ask)).verdict == dropped(DROP_GROUP_OUT));
    }
    SECTION("the receiver's rules")
    {
        world.inbound(world.database, {});
        CHECK(world.web.sends(to("10.0.2.10", row.ask)).verdict == dropped(DROP_GROUP_IN));
    }
    SECTION("the receiver's rules, from another host")
    {
        const auto via = GENERATE(Via::kTc, Via::kXdp);
        world.inbound(world.database, {});
        const auto out = world.arrives(world.far_web, world.database, row.ask, via);
        CHECK(out.verdict == dropped(DROP_GROUP_IN));
        CHECK(out.drop->interface == world.database.id);
    }

    CHECK(world.flow_keys().empty());
}

TEST_CASE("the inbound rules of a receiver elsewhere are asked there, not here", "[bpf][groups]")
{
    RulesWorld world;
    world.inbound(world.web, {}); // its own do not matter either

    CHECK(world.web.sends(Packet{}.to("10.0.1.20")).verdict == kRedirected);
    CHECK(world.hits(RULE_ID_OTHERWISE_DROP) == 0);
}

TEST_CASE("rules that have changed are asked again, about the packet that opened the connection", "[bpf][groups]")
{
    AskingWorld world;
    const bool is_established = GENERATE(false, true);
    for (int i = 0; i < (is_established ? 3 : 1); i++)
        REQUIRE((world.ask().verdict == kRedirected && world.answer().verdict == kRedirected));
    const auto& changed = GENERATE(true, false) ? world.web : world.database;

    changed.bump();

    CHECK(world.answer().verdict == kRedirected);
    CHECK(world.hits(id_of(world.out, 1)) == 2);
    CHECK(world.hits(id_of(world.in, 2)) == 2);
    CHECK(world.ask().verdict == kRedirected);
    CHECK(world.hits(id_of(world.out, 1)) == 3);
    CHECK(world.hits(id_of(world.in, 2)) == 3);
    const auto again = world.answer();
    CHECK(again.counters[COUNTER_FLOW_MISS] == 0);
    CHECK(world.hits(id_of(world.out, 1)) == 3);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("a changed answer of ICMP is asked about by the type it answers", "[bpf][groups]")
{
    RulesWorld world;
    const auto out = world.outbound(world.web, {{.protocol = kIcmp, .port = icmp_port(8)}});
    world.inbound(world.web, {});
    world.web.sends(Packet{}.to("10.0.1.20").icmp_echo(7, 1));
    world.web.bump();

    CHECK(world.arrives(world.far_web, world.web, Packet{}.icmp_echo_reply(7, 1)).verdict == kRedirected);
    CHECK(world.hits(id_of(out, 0)) == 2);
}

TEST_CASE("rules taken away stop what they allowed, both ways and at once, and may give it back", "[bpf][groups]")
{
    AskingWorld world;
    const bool is_established = GENERATE(false, true);
    for (int i = 0; i < (is_established ? 3 : 1); i++)
        REQUIRE((world.ask().verdict == kRedirected && world.answer().verdict == kRedirected));
    const auto created = world.flow(key_of("10.0.1.10", "10.0.2.10", world.web.id, kUdp, 1000, 53)).created;
    auto reason = DROP_GROUP_OUT;

    SECTION("the opener's")
    {
        world.outbound(world.web, {});
        world.web.bump();
    }
    SECTION("the other's")
    {
        world.inbound(world.database, {});
        world.database.bump();
        reason = DROP_GROUP_IN;
    }

    for (int i = 0; i < 2; i++) {
        CHECK(world.ask().verdict == dropped(reason));
        CHECK(world.answer().verdict == dropped(reason));
    }
    CHECK(world.flow_keys().size() == 2); // so that an answer is not taken for a new connection
    world.outbound(world.web, {{}});
    world.inbound(world.database, {{}});
    world.web.bump(), world.database.bump();
    CHECK(world.answer().verdict == kRedirected);
    CHECK(world.ask().verdict == kRedirected);
    CHECK(world.flow(key_of("10.0.1.10", "10.0.2.10", world.web.id, kUdp, 1000, 53)).created == created);
}

TEST_CASE("rules taken away stop what comes from another host", "[bpf][groups]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    RulesWorld world;
    const auto arrive = [&](const Packet& packet) {
        return world.arrives(world.far_web, world.web, packet, via).verdict;
    };

    SECTION("the answer, with the rules that let the question out")
    {
        world.web.sends(Packet{}.to("10.0.1.20").udp(1000, 53));
        REQUIRE(arrive(Packet{}.udp(53, 1000)) == let_through(via));
        world.outbound(world.web, {});
        world.web.bump();
        CHECK(arrive(Packet{}.udp(53, 1000)) == dropped(DROP_GROUP_OUT));
    }
    SECTION("the question")
    {
        REQUIRE(arrive(Packet{}.udp(1000, 53)) == let_through(via));
        world.inbound(world.web, {});
        world.web.bump();
        CHECK(arrive(Packet{}.udp(1000, 53)) == dropped(DROP_GROUP_IN));
        CHECK(world.web.sends(Packet{}.to("10.0.1.20").udp(53, 1000)).verdict == dropped(DROP_GROUP_IN));
    }
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("rules added let pass at once what was denied", "[bpf][groups]")
{
    RulesWorld world;
    world.inbound(world.web, {});
    const auto packet = Packet{}.to("10.0.1.10").tcp(1000, 80).flags(kSyn);
    REQUIRE(world.database.sends(packet).verdict == dropped(DROP_GROUP_IN));

    world.inbound(world.web, {{.protocol = kTcp, .port = 80}});

    CHECK(world.database.sends(packet).verdict == kRedirected);
}
