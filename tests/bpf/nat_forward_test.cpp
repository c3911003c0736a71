// Mapped ports: what the Internet sends to them, instances of their own VPC, and who gets in each other's way.
#include <catch2/catch_test_macros.hpp>

#include "nat_world.h"

using namespace vpcd::test;

namespace {

struct ForwardWorld : NatWorld {
    ForwardWorld()
    {
        forwards(kMapped, 443, "10.0.1.30", 8443);
        forwards(kMapped, 444, "10.0.1.40", 8443);
        forwards(kMapped, 53, "10.0.1.30", 5353, kUdp);
    }
};

Packet opens(std::uint16_t port, const char* address = kMapped)
{
    return from_client(address).tcp(6000, port).flags(kSyn);
}

// What was sent around enters as if it had come from the wire.
Packet around(const Outcome& out, std::uint16_t from_port, std::uint16_t to_port, int flags)
{
    const auto seen = view(out.bytes);
    const auto text = [](std::uint32_t address) {
        return std::to_string(address >> 24) + '.' + std::to_string(address >> 16 & 255) + '.' +
               std::to_string(address >> 8 & 255) + '.' + std::to_string(address & 255);
    };
    return Packet{}
        .from_mac(kExternalMac)
        .to_mac(kExternalMac)
        .from(text(seen.from))
        .to(text(seen.to))
        .ttl(seen.ttl)
        .tcp(from_port, to_port)
        .flags(flags);
}

} // namespace

TEST_CASE("a mapped port leads to a private one, and the answer comes from it", "[bpf][nat]")
{
    ForwardWorld world;

    const auto out = world.receives_from_outside(opens(443));
    CHECK(out.verdict == kRedirected);
    CHECK(out.bytes == Packet{}
                           .from_mac(kRouterMac)
                           .to_mac(mac_of("10.0.1.30"))
                           .from(kClient)
                           .to("10.0.1.30")
                           .tcp(6000, 8443)
                           .flags(kSyn)
                           .ttl(63)
                           .bytes());
    CHECK(out.counters[COUNTER_TRANSLATION_CREATED] == 1);

    const auto answer = view(world.plain.sends(Packet{}.to(kClient).tcp(8443, 6000).flags(kSyn | kAck)).bytes);
    CHECK(answer.from == ipv4(kMapped));
    CHECK(answer.from_port == 443);
    CHECK(answer.to_port == 6000);
    CHECK(answer.checksums_right);
    CHECK(world.receives_from_outside(from_client(kMapped).tcp(6000, 443)).verdict == kRedirected);
    CHECK(world.translations() == 2);
}

TEST_CASE("a mapped port of another host's instance", "[bpf][nat]")
{
    ForwardWorld world;

    const auto seen = view(world.receives_from_outside(opens(444)).bytes);
    REQUIRE(seen.inner);
    CHECK(seen.inner->to == ipv4("10.0.1.40"));
    CHECK(seen.inner->to_port == 8443);
    CHECK(seen.inner->checksums_right);

    const auto answer =
        view(world.relays(Packet{}.from("10.0.1.40").to(kClient).tcp(8443, 6000).flags(kSyn | kAck)).bytes);
    CHECK(answer.from == ipv4(kMapped));
    CHECK(answer.from_port == 444);
}

TEST_CASE("a connection that the gateway has forgotten goes on by the mapped port", "[bpf][nat]")
{
    ForwardWorld world;

    CHECK(world.receives_from_outside(from_client(kMapped).tcp(6000, 444)).verdict == kRedirected);
    CHECK(world.receives_from_outside(from_client(kMapped).tcp(6001, 444).flags(kRst | kAck)).verdict ==
          dropped(DROP_NO_TRANSLATION));
}

TEST_CASE("no other port and protocol of the address is mapped", "[bpf][nat]")
{
    ForwardWorld world;

    CHECK(world.receives_from_outside(opens(445)).verdict == dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives_from_outside(from_client(kMapped).udp(6000, 443)).verdict == dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives_from_outside(from_client(kMapped).icmp_echo(1, 1)).verdict == dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives_from_outside(from_client(kMapped).udp(6000, 53)).verdict == kRedirected);
}

TEST_CASE("an instance of the VPC reaches a mapped port of another one", "[bpf][nat]")
{
    ForwardWorld world;
    const auto server = world.interface("10.0.1.31");
    world.forwards(kMapped, 80, "10.0.1.31", 8080);

    const auto out = world.plain.sends(Packet{}.to(kMapped).tcp(5000, 80).flags(kSyn));
    CHECK(out.verdict == kRedirected);
    CHECK(view(out.bytes).from == ipv4(kShared));
    const auto port = view(out.bytes).from_port;

    const auto in = world.receives_from_outside(around(out, port, 80, kSyn));
    CHECK(in.traffic[server.id].rx_packets == 1);
    CHECK(view(in.bytes).from == ipv4(kShared));
    CHECK(view(in.bytes).to_port == 8080);

    const auto answer = server.sends(Packet{}.to(kShared).tcp(8080, port).flags(kSyn | kAck));
    CHECK(view(answer.bytes).from == ipv4(kMapped));
    CHECK(view(answer.bytes).from_port == 80);
    const auto back = world.receives_from_outside(around(answer, 80, port, kSyn | kAck));
    CHECK(back.traffic[world.plain.id].rx_packets == 1);
    CHECK(view(back.bytes).from == ipv4(kMapped));
    CHECK(view(back.bytes).to_port == 5000);
    CHECK(view(back.bytes).checksums_right);
}

TEST_CASE("an instance reaches its own mapped port", "[bpf][nat]")
{
    ForwardWorld world;

    const auto out = world.plain.sends(Packet{}.to(kMapped).tcp(5000, 443).flags(kSyn));
    const auto in = world.receives_from_outside(around(out, view(out.bytes).from_port, 443, kSyn));

    CHECK(in.traffic[world.plain.id].rx_packets == 1);
    CHECK(view(in.bytes).to_port == 8443);
}

TEST_CASE("a private port that talks to a client already gets no second connection with its port", "[bpf][nat]")
{
    ForwardWorld world;
    world.plain.sends(Packet{}.to(kClient).tcp(8443, 6000).flags(kSyn)); // by a shared address

    CHECK(world.receives_from_outside(opens(443)).verdict == dropped(DROP_NO_PORT));
    CHECK(world.translations() == 2);
    CHECK(world.receives_from_outside(from_client(kMapped).tcp(6001, 443).flags(kSyn)).verdict == kRedirected);
}

TEST_CASE("equal private addresses and ports of two tenants are mapped apart", "[bpf][nat]")
{
    ForwardWorld world;
    world.vpc(kOtherVpc);
    const auto twin = world.interface("10.0.1.30", kOtherVpc);
    world.route("0.0.0.0/0", ROUTE_NAT_GATEWAY, world.gateway(0, kOtherVpc), kMainTable, kOtherVpc);
    world.forwards("203.0.113.50", 443, "10.0.1.30", 8443, kTcp, kOtherVpc);

    CHECK(world.receives_from_outside(opens(443)).traffic[world.plain.id].rx_packets == 1);
    CHECK(world.receives_from_outside(opens(443, "203.0.113.50")).traffic[twin.id].rx_packets == 1);
    const auto answer = Packet{}.to(kClient).tcp(8443, 6000).flags(kSyn | kAck);
    CHECK(view(world.plain.sends(answer).bytes).from == ipv4(kMapped));
    CHECK(view(twin.sends(answer).bytes).from == ipv4("203.0.113.50"));
}

TEST_CASE("a port that is mapped no more, or elsewhere, ends its connections at once", "[bpf][nat]")
{
    ForwardWorld world;
    world.receives_from_outside(opens(443));
    world.receives_from_outside(opens(444));
    world.generation = 2;
    world.forwards(kMapped, 444, "10.0.1.40", 8443);

    SECTION("no more")
    {
        world.forwards_no_more(kMapped, 443);
        CHECK(world.receives_from_outside(from_client(kMapped).tcp(6000, 443)).verdict ==
              dropped(DROP_NO_TRANSLATION));
    }
    SECTION("to another port")
    {
        world.forwards(kMapped, 443, "10.0.1.30", 9443);
        CHECK(view(world.receives_from_outside(opens(443)).bytes).to_port == 9443);
    }
    CHECK(world.receives_from_outside(from_client(kMapped).tcp(6000, 444)).counters[COUNTER_TRANSLATION_CREATED] ==
          0);
}

TEST_CASE("the gateway tells the Internet about mapped ports in the public address's name", "[bpf][nat]")
{
    ForwardWorld world;
    world.forget_endpoint("10.0.1.40");

    const auto out = world.receives_from_outside(opens(444));

    CHECK(out.verdict == refused(DROP_NO_ENDPOINT));
    CHECK(view(out.bytes).from == ipv4(kMapped));
    CHECK(view(out.bytes).checksums_right);
    const auto quoted = opens(444).bytes();
    CHECK(Bytes(out.bytes.begin() + 42, out.bytes.begin() + 70) == Bytes(quoted.begin() + 14, quoted.begin() + 42));
}
