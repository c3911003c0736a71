// An instance moves: what it sends enters elsewhere than before, and is still of the connections it had.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

enum class Opener { kWeb, kOther };

// Web stays; the other one, on another host at first, is its peer.
struct JoinsWorld : RulesWorld {
    flow_key of_web() const { return key_of("10.0.1.10", "10.0.1.20", web.id, kTcp, 80, 80); }
    flow_key from_there() const { return key_of("10.0.1.20", "10.0.1.10", tunnel_entry(web), kTcp, 80, 80); }
    flow_key from_here() const { return key_of("10.0.1.20", "10.0.1.10", 4, kTcp, 80, 80); }

    Verdict web_says(int flags) { return web.sends(Packet{}.to("10.0.1.20").tcp(80, 80).flags(flags)).verdict; }
    Verdict there_says(int flags) { return arrives(far_web, web, Packet{}.tcp(80, 80).flags(flags)).verdict; }
    void handshake(Opener opener)
    {
        if (opener == Opener::kWeb)
            web_says(kSyn), there_says(kSyn | kAck), web_says(kAck);
        else
            there_says(kSyn), web_says(kSyn | kAck), there_says(kAck);
    }
    // To this host, as interface 4.
    Instance comes_here()
    {
        change_vpc([](auto& v) { v.flags = VPC_MIDSTREAM_DROP; });
        datapath.erase("endpoints", endpoint_key{to_address(ipv4("10.0.1.20")), kVpc});
        const auto here = interface("10.0.1.20");
        change_next_hop(far_web.next_hop, [&](auto& n) { n.host = 0, n.interface = here.id; });
        return here;
    }
    static Packet packet(int flags) { return Packet{}.to("10.0.1.10").tcp(80, 80).flags(flags); }
};

} // namespace

TEST_CASE("a peer that comes to this host goes on with its connections", "[bpf][track]")
{
    const auto opener = GENERATE(Opener::kWeb, Opener::kOther);
    const bool is_established = GENERATE(false, true);
    CAPTURE(static_cast<int>(opener), is_established);
    JoinsWorld world;
    if (is_established)
        world.handshake(opener);
    else
        opener == Opener::kWeb ? world.web_says(kSyn) : world.there_says(kSyn);
    const auto here = world.comes_here();
    // Whoever has opened it, nothing new may be opened from there.
    if (opener == Opener::kWeb)
        world.inbound(world.web, {}), world.outbound(here, {});

    const auto out = here.sends(JoinsWorld::packet(kAck));

    CHECK(out.verdict == kRedirected);
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.is_established(world.from_here()) == is_established);
    CHECK(world.established() == (is_established ? 3 : 0));
    const auto joined = world.flow(world.from_here());
    CHECK((joined.flags & FLOW_REVERSE) == (opener == Opener::kWeb ? FLOW_REVERSE : 0));
    CHECK(joined.peer_entry == world.web.id);
    CHECK(world.flow(world.of_web()).peer_entry == here.id);
    CHECK(here.sends(JoinsWorld::packet(kAck)).counters[COUNTER_FLOW_MISS] == 0);
    CHECK(world.web_says(kAck) == kRedirected);
}

TEST_CASE("what a peer says from its new host ends the connection as ever", "[bpf][track]")
{
    const auto last = GENERATE(kRst | kAck, kFin | kAck);
    JoinsWorld world;
    world.handshake(Opener::kWeb);
    world.web_says(kFin | kAck);
    const auto here = world.comes_here();

    here.sends(JoinsWorld::packet(last));

    CHECK(here.sends(JoinsWorld::packet(kSyn)).verdict == kRedirected);
    CHECK(world.flow(world.from_here()).tcp_state == TCP_STATE_SYN); // anew
    CHECK(world.flow(world.of_web()).flags == FLOW_REVERSE);
}

TEST_CASE("the rules of the interfaces of now are asked about a connection that was joined", "[bpf][track]")
{
    JoinsWorld world;
    const auto opener = GENERATE(Opener::kWeb, Opener::kOther);
    world.handshake(opener);
    const auto here = world.comes_here();
    if (opener == Opener::kWeb)
        world.inbound(here, {});
    else
        world.outbound(here, {});
    const auto reason = opener == Opener::kWeb ? DROP_GROUP_IN : DROP_GROUP_OUT;

    CHECK(here.sends(JoinsWorld::packet(kAck)).verdict == dropped(reason));
    // What web says is no answer to a packet that was let out there.
    CHECK(world.web_says(kAck) == (opener == Opener::kWeb ? dropped(reason) : kRedirected));
}

TEST_CASE("a peer that leaves this host goes on with its connections", "[bpf][track]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const bool by_web = GENERATE(false, true);
    RulesWorld world;
    world.change_vpc([](auto& v) { v.flags = VPC_MIDSTREAM_DROP; });
    const auto web_says = [&](int flags) {
        return world.web.sends(Packet{}.to("10.0.2.10").tcp(1000, 80).flags(flags));
    };
    const auto database_says = [&](int flags) {
        return world.database.sends(Packet{}.to("10.0.1.10").tcp(80, 1000).flags(flags));
    };
    if (by_web)
        web_says(kSyn), database_says(kSyn | kAck), web_says(kAck);
    else
        database_says(kSyn), web_says(kSyn | kAck), database_says(kAck);
    world.change_next_hop(world.database.next_hop, [&](auto& n) { n.host = world.other, n.interface = 0; });
    if (by_web)
        world.inbound(world.web, {});
    else
        world.outbound(world.web, {});

    const Remote there{world.database.next_hop, world.other, "10.0.2.10", world.database.mac};
    const auto out = world.arrives(there, world.web, Packet{}.tcp(80, 1000).flags(kAck), via);

    CHECK(out.verdict == let_through(via));
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.is_established(key_of("10.0.2.10", "10.0.1.10", tunnel_entry(world.web), kTcp, 80, 1000)));
    CHECK(world.flow(key_of("10.0.1.10", "10.0.2.10", world.web.id, kTcp, 1000, 80)).peer_entry ==
          tunnel_entry(world.web));
    CHECK(web_says(kAck).counters[COUNTER_ENCAPSULATED] == 1);
}

TEST_CASE("a SYN that enters elsewhere joins nothing", "[bpf][track]")
{
    JoinsWorld world;
    world.handshake(Opener::kWeb);
    world.inbound(world.web, {});
    const auto here = world.comes_here();

    CHECK(here.sends(JoinsWorld::packet(kSyn)).verdict == dropped(DROP_GROUP_IN));
    CHECK(here.sends(JoinsWorld::packet(kSyn | kAck)).verdict == kRedirected);
}
