// Fragments: the ports are in the first one only, and the others follow it (RFC 791, 3.2; RFC 1858).
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

enum class Way { kLocal, kTc, kXdp, kTunnelDevice };

// A packet of 24 bytes in three fragments, to web, which takes UDP for port 53 only.
struct FragmentWorld : RulesWorld {
    Way way;
    std::uint32_t in = inbound(web, {{.protocol = kUdp, .port = 53}});

    explicit FragmentWorld(Way by) : way{by} {}

    Verdict sends(Packet packet)
    {
        if (way == Way::kLocal)
            return database.sends(packet.from("10.0.2.10").to("10.0.1.10")).verdict;
        if (way != Way::kTunnelDevice)
            return arrives(far_database, web, packet, way == Way::kTc ? Via::kTc : Via::kXdp).verdict;
        packet.from_mac(far_database.mac).to_mac(web.mac).from(far_database.address).to(web.address);
        return receives_from_tunnel(packet, kVpc, "192.0.2.2").verdict;
    }
    Verdict passes() const { return way == Way::kXdp ? kPassed : kRedirected; }
    flow_key of(std::uint16_t to_port) const
    {
        if (way == Way::kLocal)
            return key_of("10.0.2.10", "10.0.1.10", database.id, kUdp, 1000, to_port);
        return key_of("10.0.2.20", "10.0.1.10", tunnel_entry(web), kUdp, 1000, to_port);
    }
};

Packet first(std::uint16_t port = 53)
{
    return Packet{}.udp(1000, port).payload(16).ip_id(9).fragment(0, true);
}

Packet middle()
{
    return Packet{}.udp(0, 0).payload(8).ip_id(9).fragment(24, true);
}

Packet last()
{
    return Packet{}.udp(0, 0).payload(3).ip_id(9).fragment(32, false);
}

Way some_way()
{
    return GENERATE(Way::kLocal, Way::kTc, Way::kXdp, Way::kTunnelDevice);
}

} // namespace

TEST_CASE("fragments pass behind their first one, as packets of its connection", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));

    CHECK(world.sends(first()) == world.passes());
    CHECK(world.sends(middle()) == world.passes());
    CHECK(world.sends(last()) == world.passes());
    CHECK(world.flow(world.of(53)).packets == 3);
    CHECK(world.flow_keys().size() == 2);
    CHECK(world.hits(id_of(world.in, 0)) == 1);
}

TEST_CASE("a fragment that comes before its first one is dropped, later it may come again", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));

    CHECK(world.sends(last()) == dropped(DROP_FRAGMENT_EARLY));
    CHECK(world.sends(middle()) == dropped(DROP_FRAGMENT_EARLY));
    CHECK(world.sends(first()) == world.passes());
    CHECK(world.sends(last()) == world.passes());
    CHECK(world.sends(middle()) == world.passes());
}

TEST_CASE("fragments of a packet that is denied do not pass", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));

    CHECK(world.sends(first(54)) == dropped(DROP_GROUP_IN));
    CHECK(world.sends(middle()) == dropped(DROP_FRAGMENT_EARLY));
    CHECK(world.sends(last()) == dropped(DROP_FRAGMENT_EARLY));
}

TEST_CASE("a fragment of another packet does not follow", "[bpf][fragment]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto row = GENERATE(values<Row>({
        {"another identification", last().ip_id(10)},
        {"another protocol", last().protocol(132)},
        {"TCP", last().tcp(0, 0)},
    }));
    FragmentWorld world{some_way()};
    REQUIRE(world.sends(first()) == world.passes());

    DYNAMIC_SECTION(row.name)
    {
        CHECK(world.sends(row.packet) == dropped(DROP_FRAGMENT_EARLY));
    }
    DYNAMIC_SECTION("of another sender")
    {
        CHECK(world.neighbour.sends(last().to("10.0.1.10")).verdict == dropped(DROP_FRAGMENT_EARLY));
        CHECK(world.arrives(world.far_web, world.web, last()).verdict == dropped(DROP_FRAGMENT_EARLY));
    }
}

TEST_CASE("the same addresses in another VPC, or by another way, are another packet", "[bpf][fragment]")
{
    RulesWorld world;
    world.vpc(kOtherVpc);
    const auto twin = world.interface("10.0.2.10", kOtherVpc);
    world.interface("10.0.1.10", kOtherVpc);
    world.neighbour.unchecked();
    REQUIRE(world.database.sends(first().to("10.0.1.10")).verdict == kRedirected);

    CHECK(twin.sends(last().to("10.0.1.10")).verdict == dropped(DROP_FRAGMENT_EARLY));
    CHECK(world.neighbour.sends(last().from("10.0.2.10").to("10.0.1.10")).verdict == dropped(DROP_FRAGMENT_EARLY));
    CHECK(world.database.sends(last().to("10.0.1.10")).verdict == kRedirected);
}

TEST_CASE("what a first fragment said does not hold for ever", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    world.sends(first());
    const auto keys = world.datapath.keys<fragment_key>("fragments");
    REQUIRE(keys.size() == 1);
    ::fragment record{};
    REQUIRE(world.datapath.get("fragments", keys[0], record));
    REQUIRE(record.expires > FRAGMENT_LIFETIME_NS);
    record.expires = 1;
    world.datapath.put("fragments", keys[0], record);

    CHECK(world.sends(last()) == dropped(DROP_FRAGMENT_EARLY));

    CHECK(world.sends(first()) == world.passes()); // the identification is used again
    CHECK(world.sends(last()) == world.passes());
}

TEST_CASE("the identification used again takes the ports of the packet of now", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    world.inbound(world.web, {{}});
    world.sends(first(53)), world.sends(last());
    world.sends(first(54)), world.sends(last());

    CHECK(world.flow(world.of(53)).packets == 2);
    CHECK(world.flow(world.of(54)).packets == 2);
}

TEST_CASE("a TCP fragment that begins at the flags is malformed (RFC 3128)", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    world.inbound(world.web, {{}});
    world.sends(Packet{}.tcp(1000, 80).flags(kSyn).ip_id(9).fragment(0, true));

    CHECK(world.sends(Packet{}.tcp(1000, 80).ip_id(9).fragment(8, false)) == dropped(DROP_MALFORMED));
    CHECK(world.sends(Packet{}.tcp(1000, 80).ip_id(9).fragment(16, false)) == world.passes());
}

TEST_CASE("a later fragment of TCP has no flags that could contradict each other, or open anything",
          "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    world.change_vpc([](auto& v) { v.flags = VPC_MIDSTREAM_DROP; });
    world.inbound(world.web, {{}});
    world.sends(Packet{}.tcp(1000, 80).flags(kSyn));
    world.sends(Packet{}.tcp(1000, 80).flags(kAck).ip_id(9).fragment(0, true));

    CHECK(world.sends(Packet{}.tcp(1000, 80).ip_id(9).fragment(24, false)) == world.passes());
    auto key = world.of(80);
    key.protocol = kTcp;
    CHECK(world.flow(key).packets == 3);
    CHECK(world.flow(key).tcp_state == TCP_STATE_ESTABLISHED);
}

TEST_CASE("fragments of a ping follow, and are asked about by its type", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    const auto in = world.inbound(world.web, {{.protocol = kIcmp, .port = icmp_port(8)}});
    const auto later = Packet{}.icmp_echo(0, 0).ip_id(9).fragment(24, false);

    CHECK(world.sends(Packet{}.icmp_echo(7, 1).ip_id(9).fragment(0, true)) == world.passes());
    CHECK(world.sends(later) == world.passes());
    world.web.bump();
    CHECK(world.sends(later) == world.passes());
    CHECK(world.hits(id_of(in, 0)) == 2);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("an ICMP error in fragments is cut short", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    const auto peer = world.way == Way::kLocal ? "10.0.2.10" : "10.0.2.20";
    world.web.sends(Packet{}.to(peer).udp(53, 1000));
    const auto quoted = Packet{}.from("10.0.1.10").to(peer).udp(53, 1000);
    const auto error = Packet{}.icmp(3, 3).quoting(quoted).ip_id(9);

    CHECK(world.sends(Packet{error}.fragment(0, true)) == world.passes());
    CHECK(world.sends(Packet{error}.fragment(40, false)) == dropped(DROP_FRAGMENT_EARLY));
}

TEST_CASE("fragments of an answer are of what was asked", "[bpf][fragment]")
{
    FragmentWorld world{some_way()};
    CAPTURE(static_cast<int>(world.way));
    world.inbound(world.web, {});
    world.web.sends(Packet{}.to(world.way == Way::kLocal ? "10.0.2.10" : "10.0.2.20").udp(53, 1000));

    CHECK(world.sends(first()) == world.passes());
    CHECK(world.sends(last()) == world.passes());
    CHECK(world.flow(world.of(53)).packets == 2);
}
