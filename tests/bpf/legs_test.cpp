// A connection has a leg at each interface it passes: what one leg allows opens no other.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

constexpr const char* kOutside = "10.9.0.1";

// Web reaches 10.9.0.0/16 through a router instance, behind which the database has it. The way back is shorter.
struct LegsWorld : RulesWorld {
    Instance router = interface("10.0.1.12");

    LegsWorld()
    {
        subnet(3, 9);
        router.unchecked().change([](auto& i) { i.subnet = 3; });
        database.unchecked();
        route("10.9.0.0/16", ROUTE_INTERFACE, router.next_hop);
        route("10.9.0.0/16", ROUTE_INTERFACE, database.next_hop, 9);
    }
    Packet ask() const { return Packet{}.from("10.0.1.10").to(kOutside).udp(1000, 53); }
    Packet answer() const { return Packet{}.from(kOutside).to("10.0.1.10").udp(53, 1000); }
};

} // namespace

TEST_CASE("each leg is judged by the rules of who sends and receives on it", "[bpf][groups]")
{
    LegsWorld world;
    auto first = kRedirected, second = kRedirected;
    SECTION("the sender's, out")
    {
        world.outbound(world.web, {});
        first = dropped(DROP_GROUP_OUT);
    }
    SECTION("the router's, in")
    {
        world.inbound(world.router, {});
        first = dropped(DROP_GROUP_IN);
    }
    SECTION("the router's, out")
    {
        world.outbound(world.router, {});
        second = dropped(DROP_GROUP_OUT);
    }
    SECTION("the last one's, in")
    {
        world.inbound(world.database, {});
        second = dropped(DROP_GROUP_IN);
    }

    CHECK(world.web.sends(world.ask()).verdict == first);
    CHECK(world.router.sends(world.ask()).verdict == second);
}

TEST_CASE("an answer that goes a shorter way is an answer to who has asked", "[bpf][groups]")
{
    LegsWorld world;
    world.inbound(world.web, {});
    world.outbound(world.database, {});
    REQUIRE(world.web.sends(world.ask()).verdict == kRedirected);
    REQUIRE(world.router.sends(world.ask()).verdict == kRedirected);

    CHECK(world.database.sends(world.answer()).verdict == kRedirected);
    CHECK(world.database.sends(world.answer()).verdict == kRedirected);
}

TEST_CASE("who asks in another's name opens nothing to him", "[bpf][groups]")
{
    LegsWorld world;
    world.inbound(world.web, {});
    REQUIRE(world.router.sends(world.ask()).verdict == kRedirected); // web has sent nothing

    CHECK(world.database.sends(world.answer()).verdict == dropped(DROP_GROUP_IN));
}

TEST_CASE("who asks in another's name from another host opens nothing to him", "[bpf][groups]")
{
    RulesWorld world;
    world.inbound(world.web, {});
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto ask = Packet{}.from("10.0.1.10").udp(1000, 53);
    REQUIRE(world.arrives(world.far_web, world.database, ask, via).verdict == let_through(via));

    CHECK(world.database.sends(Packet{}.to("10.0.1.10").udp(53, 1000)).verdict == dropped(DROP_GROUP_IN));
}

TEST_CASE("of two instances whose MACs share their last bytes none is opened by what the other takes",
          "[bpf][groups]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    RulesWorld world;
    const auto twin_mac = parse_mac("06:aa:0a:00:01:0a"); // as web's, but for the first two
    world.datapath.put("stations", station_key{.vpc = kVpc, .mac = to_mac(twin_mac), .pad = 0},
                       station{world.neighbour.next_hop});
    world.change_next_hop(world.neighbour.next_hop, [&](auto& n) { n.mac = to_mac(twin_mac); });
    world.inbound(world.neighbour, {});

    for (int i = 0; i < 2; i++) {
        CHECK(world.arrives(world.far_web, world.web, Packet{}.udp(1, 2), via).verdict == let_through(via));
        CHECK(world.arrives(world.far_web, world.web, Packet{}.to_mac(twin_mac).udp(1, 2), via).verdict ==
              dropped(DROP_GROUP_IN));
    }
}

TEST_CASE("who opens a connection on one leg does not answer there what was asked on another", "[bpf][groups]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    RulesWorld world;
    const auto says = [](const Instance& who, const char* to, std::uint16_t from_port, std::uint16_t to_port,
                         int flags) {
        return who.sends(Packet{}.to(to).tcp(from_port, to_port).flags(flags)).verdict;
    };
    says(world.web, "10.0.2.10", 1000, 80, kSyn), says(world.database, "10.0.1.10", 80, 1000, kSyn | kAck);
    says(world.web, "10.0.2.10", 1000, 80, kAck);
    const auto arrive = [&](int flags) { // in the database's name
        const auto packet = Packet{}.from("10.0.2.10").tcp(80, 1000).flags(flags);
        return world.arrives(world.far_web, world.web, packet, via).verdict;
    };
    REQUIRE(arrive(kSyn) == let_through(via));
    REQUIRE(arrive(kAck) == let_through(via));

    world.inbound(world.web, {});
    world.web.bump();

    CHECK(arrive(kAck) == dropped(DROP_GROUP_IN));
    CHECK(says(world.database, "10.0.1.10", 80, 1000, kAck) == kRedirected);
}

TEST_CASE("a leg that was allowed towards another host does not open the receiver that comes here", "[bpf][groups]")
{
    RulesWorld world;
    const bool is_established = GENERATE(false, true);
    const auto packet = Packet{}.to("10.0.2.20").udp(1000, 53);
    for (int i = 0; i < (is_established ? 16 : 1); i++)
        REQUIRE(world.web.sends(packet).verdict == kRedirected); // its host has denied them all

    world.inbound(world.database, {});
    world.change_next_hop(world.far_database.next_hop, [&](auto& n) {
        n.host = 0;
        n.interface = world.database.id;
    });

    CHECK(world.web.sends_in_xdp(packet).verdict == kPassed);
    CHECK(world.web.sends(packet).verdict == dropped(DROP_GROUP_IN));
    CHECK(world.web.sends(packet).verdict == dropped(DROP_GROUP_IN));
}

TEST_CASE("a connection goes on, by its rules, when the receiver comes here", "[bpf][groups]")
{
    RulesWorld world;
    const auto packet = Packet{}.to("10.0.2.20").udp(1000, 53);
    for (int i = 0; i < 16; i++)
        world.web.sends(packet);

    const auto in = world.inbound(world.database, {{.protocol = kUdp, .port = 53}});
    world.change_next_hop(world.far_database.next_hop, [&](auto& n) {
        n.host = 0;
        n.interface = world.database.id;
    });

    const auto out = world.web.sends(packet);
    CHECK(out.counters[COUNTER_DELIVERED_LOCAL] == 1);
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.hits(id_of(in, 0)) == 1);
    CHECK(world.web.sends(packet).counters[COUNTER_FLOW_MISS] == 0);
}
