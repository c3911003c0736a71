// Arriving packets and what is remembered: whom to believe, where a router is, the pair an arrival opens.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <arpa/inet.h>

#include "arrive_world.h"

using namespace vpcd::test;

TEST_CASE("an encapsulation we do not receive is left to the host, ours from a stranger is dropped", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto ours = GENERATE(values(kKinds));
    const auto theirs = GENERATE(values(kKinds));
    CAPTURE(name(ours), name(theirs));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = ours; });

    const auto out = world.receives(tunnelled(theirs, arriving(), kVpc, "192.0.2.66"), via);

    CHECK(out.verdict == (ours == theirs ? dropped(DROP_UNKNOWN_VTEP) : kPassed));
}

TEST_CASE("a flow does not make a stranger believed", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(arriving()), via).verdict == delivered(via));

    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, arriving(), kVpc, "192.0.2.66"), via).verdict ==
          dropped(DROP_UNKNOWN_VTEP));
    CHECK(world.receives(vxlan(arriving()), via).counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("a host that is taken off the list is not believed any more, flows or not", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(arriving()), via).verdict == delivered(via));

    world.datapath.erase("vteps", vtep_key{to_address(ipv4("192.0.2.2"))});
    world.change_host(world.other, [](auto& h) { h = {}; });

    CHECK(world.receives(vxlan(arriving()), via).verdict == dropped(DROP_UNKNOWN_VTEP));
}

TEST_CASE("an instance that moved between two known hosts is heard from the new one", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.host("192.0.2.3");
    REQUIRE(world.receives(vxlan(arriving()), via).verdict == delivered(via));

    const auto moved = tunnelled(ENCAPSULATION_VXLAN, arriving(), kVpc, "192.0.2.3");
    CHECK(world.receives(moved, via).counters[COUNTER_FLOW_MISS] == 1);
    CHECK(world.receives(moved, via).counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("two instances whose MACs share their last bytes get each their own packets", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    const auto twin = world.interface("10.0.1.11");
    const auto twin_mac = parse_mac("06:aa:0a:00:01:0a");
    world.datapath.put("stations", station_key{.vpc = kVpc, .mac = to_mac(twin_mac), .pad = 0},
                       station{twin.next_hop});
    world.change_next_hop(twin.next_hop, [&](auto& n) { n.mac = to_mac(twin_mac); });

    for (int round = 0; round < 2; round++) {
        CHECK(world.receives(vxlan(arriving()), via).traffic[world.web.id].rx_packets == 1);
        CHECK(world.receives(vxlan(arriving().to_mac(twin_mac)), via).traffic[twin.id].rx_packets == 1);
    }
}

TEST_CASE("congestion on the underlay is told to who understands it (RFC 6040)", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        std::uint8_t outer, inner;
        int arrives; // -1: dropped
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    const auto row = GENERATE(values<Row>({
        {"none, not capable", 0, 0, 0},
        {"none, capable", 2, 2, 2},
        {"marked inside only", 2, 3, 3},
        {"marked, ECT(0)", 3, 2, 3},
        {"marked, ECT(1)", 3, 1, 3},
        {"marked twice", 3, 3, 3},
        {"marked, the sender is not capable", 3, 0, -1},
        {"marked, with a traffic class", 3, 0xba, 0xbb},
        {"a traffic class outside alone does not matter", 0xb8, 0x20, 0x20},
    }));
    ArriveWorld world;

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << name(kind) << ", " << row.name)
    {
        const auto out = world.receives(tunnelled(kind, arriving().tos(row.inner)).tos(row.outer), via);
        if (row.arrives < 0) {
            CHECK(out.verdict == dropped(DROP_CONGESTION));
            CHECK(out.drop->interface == world.web.id);
            return;
        }
        CHECK(out.verdict == delivered(via));
        CHECK(view(out.bytes).tos == row.arrives);
        CHECK(view(out.bytes).checksums_right);
    }
}

TEST_CASE("GRE for a network behind an instance finds its router here", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.subnet(3, 7);
    const auto router = world.interface("10.0.1.11");
    const auto other_router = world.interface("10.0.1.12");
    world.far("10.0.3.20", world.other);
    world.route("10.9.0.0/16", ROUTE_INTERFACE, router.next_hop);
    const auto packet = [](const char* from, const char* to) {
        return carrier().gre(kVpc, Packet{}.from(from).to(to));
    };

    SECTION("by the table of the sender's subnet")
    {
        world.route("10.9.0.0/16", ROUTE_INTERFACE, other_router.next_hop, 7);
        CHECK(view(world.receives(packet("10.0.1.20", "10.9.0.1"), via).bytes).to_mac == router.mac);
        CHECK(view(world.receives(packet("10.0.3.20", "10.9.0.1"), via).bytes).to_mac == other_router.mac);
    }
    SECTION("by the arrivals table, where the sender's subnet has no route here")
    {
        CHECK(view(world.receives(packet("10.0.3.20", "10.9.0.1"), via).bytes).to_mac == router.mac);
    }
    SECTION("by the arrivals table, for a sender outside the VPC")
    {
        CHECK(view(world.receives(packet("198.51.100.1", "10.9.0.1"), via).bytes).to_mac == router.mac);
    }
    SECTION("not by a route that leads to another host")
    {
        world.route("10.7.0.0/16", ROUTE_INTERFACE, world.remote.next_hop);
        CHECK(world.receives(packet("10.0.1.20", "10.7.0.1"), via).verdict == dropped(DROP_NOT_LOCAL));
    }
    SECTION("not by a blackhole")
    {
        world.route("10.7.0.0/16", ROUTE_BLACKHOLE);
        CHECK(world.receives(packet("10.0.1.20", "10.7.0.1"), via).verdict == dropped(DROP_NOT_LOCAL));
    }
}

TEST_CASE("an arriving packet opens a pair whose answer leaves by this host", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = kind; });
    world.receives(tunnelled(kind, arriving().udp(1000, 53)), via);
    REQUIRE(world.flow_keys().size() == 2);

    const auto answer = world.web.sends(Packet{}.to("10.0.1.20").udp(53, 1000));

    CHECK(answer.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.flow_keys().size() == 2);
    flow_key key{};
    key.source = to_address(ipv4(kInstance));
    key.destination = to_address(ipv4("10.0.1.20"));
    key.vpc = kVpc;
    key.entry = world.web.id;
    key.source_port = htons(53);
    key.destination_port = htons(1000);
    key.protocol = IPPROTO_UDP;
    CHECK(world.flow(key).flags == (FLOW_DECIDED | FLOW_REVERSE));
}

TEST_CASE("the answer to what was sent from here enters the pair that was written", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = kind; });
    world.web.sends(Packet{}.to("10.0.1.20").tcp(1000, 80).flags(kSyn));

    const auto out = world.receives(tunnelled(kind, arriving().tcp(80, 1000).flags(kSyn | kAck)), via);

    CHECK(out.verdict == delivered(via));
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("an arrival for a device that is not there is dropped", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.web.change([](auto& i) { i.ifindex = 0; });

    const auto out = world.receives(vxlan(arriving()), via);

    CHECK(out.verdict == dropped(DROP_NOT_PLACED));
    CHECK(out.drop->interface == world.web.id);
    CHECK(out.drop->vpc == kVpc);
    CHECK(out.counters[COUNTER_DECAPSULATED] == 0);
}

TEST_CASE("a flow whose receiver left decides again", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(arriving()), via).verdict == delivered(via));

    world.change_next_hop(world.web.next_hop, [&](auto& n) {
        n.host = world.other;
        n.interface = 0;
    });

    CHECK(world.receives(vxlan(arriving()), via).verdict == dropped(DROP_NOT_LOCAL));
}
