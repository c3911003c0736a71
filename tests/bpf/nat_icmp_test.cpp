// ICMP errors and fragments through a NAT gateway (RFC 5508, 4; RFC 4787, 11).
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "nat_world.h"
#include "quoted.h"

using namespace vpcd::test;

namespace {

Packet as_sent(const Outcome& out, Packet packet, std::uint16_t port)
{
    (void)out;
    return packet.from(kShared).udp(port, 53).ttl(1);
}

} // namespace

TEST_CASE("an error about what was sent from a shared address comes back to who has sent it", "[bpf][nat]")
{
    NatWorld world;

    SECTION("UDP")
    {
        const auto sent = world.plain.sends(Packet{}.to(kClient).udp(5000, 53));
        const auto on_the_wire = as_sent(sent, Packet{}.to(kClient), view(sent.bytes).from_port);
        const auto out =
            world.receives_from_outside(from_client(kShared).from("198.51.100.1").icmp(11, 0).quoting(on_the_wire));

        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        CHECK(seen.from == ipv4("198.51.100.1"));
        CHECK(seen.to == ipv4("10.0.1.30"));
        CHECK(seen.checksums_right);
        CHECK(quoted(out.bytes, 0).from == ipv4("10.0.1.30"));
        CHECK(quoted(out.bytes, 0).to == ipv4(kClient));
        CHECK(quoted(out.bytes, 0).word == 5000);
    }
    SECTION("ping")
    {
        const auto sent = world.plain.sends(Packet{}.to(kClient).icmp_echo(7, 1));
        const auto id = static_cast<std::uint16_t>(sent.bytes[38] << 8 | sent.bytes[39]);
        const auto on_the_wire = Packet{}.from(kShared).to(kClient).icmp_echo(id, 1);
        const auto out = world.receives_from_outside(from_client(kShared).icmp(3, 1).quoting(on_the_wire));
        CHECK(out.verdict == kRedirected);
        CHECK(view(out.bytes).checksums_right);
        CHECK(quoted(out.bytes, 4).from == ipv4("10.0.1.30"));
        CHECK(quoted(out.bytes, 4).word == 7);
    }
    SECTION("another host's instance")
    {
        const auto sent = world.relays(Packet{}.from("10.0.1.40").to(kClient).udp(5000, 53));
        const auto on_the_wire = as_sent(sent, Packet{}.to(kClient), view(sent.bytes).from_port);
        const auto out = world.receives_from_outside(from_client(kShared).icmp(3, 4, 0, 1400).quoting(on_the_wire));
        const auto seen = view(out.bytes);
        REQUIRE(seen.inner);
        CHECK(seen.inner->to == ipv4("10.0.1.40"));
        CHECK(seen.inner->icmp_mtu == 1400);
        CHECK(seen.inner->checksums_right);
    }
    SECTION("about nothing")
    {
        const auto on_the_wire = Packet{}.from(kShared).to(kClient).udp(5000, 53);
        CHECK(world.receives_from_outside(from_client(kShared).icmp(3, 1).quoting(on_the_wire)).verdict ==
              dropped(DROP_NO_TRANSLATION));
        CHECK(world.receives_from_outside(from_client(kShared).icmp(3, 1).payload(4)).verdict ==
              dropped(DROP_NO_TRANSLATION));
    }
}

TEST_CASE("an error inside about what came by a mapped port quotes the public address and port", "[bpf][nat]")
{
    NatWorld world;
    world.forwards(kMapped, 53, "10.0.1.30", 5353, kUdp);
    world.forwards(kMapped, 54, "10.0.1.40", 5353, kUdp);

    SECTION("of the instance here")
    {
        world.receives_from_outside(from_client(kMapped).udp(6000, 53));
        const auto received = Packet{}.from(kClient).to("10.0.1.30").udp(6000, 5353).ttl(63);
        const auto out = world.plain.sends(Packet{}.to(kClient).icmp(3, 3).quoting(received));
        CHECK(out.verdict == kRedirected);
        CHECK(view(out.bytes).from == ipv4(kMapped));
        CHECK(view(out.bytes).checksums_right);
        CHECK(quoted(out.bytes, 2).to == ipv4(kMapped));
        CHECK(quoted(out.bytes, 2).word == 53);
    }
    SECTION("of a router before the instance")
    {
        world.receives_from_outside(from_client(kMapped).udp(6000, 54));
        const auto received = Packet{}.from(kClient).to("10.0.1.40").udp(6000, 5353).ttl(1);
        const auto out = world.relays(Packet{}.from("10.0.1.77").to(kClient).icmp(11, 0).quoting(received));
        CHECK(view(out.bytes).from == ipv4(kMapped));
        CHECK(quoted(out.bytes, 2).to == ipv4(kMapped));
        CHECK(quoted(out.bytes, 2).word == 54);
    }
    SECTION("about nothing")
    {
        const auto received = Packet{}.from(kClient).to("10.0.1.40").udp(6000, 5353);
        CHECK(world.relays(Packet{}.from("10.0.1.40").to(kClient).icmp(3, 3).quoting(received)).verdict ==
              dropped(DROP_NO_TRANSLATION));
    }
}

TEST_CASE("fragments leave and come by the ports of the first one", "[bpf][nat]")
{
    NatWorld world;
    const auto first = Packet{}.to(kClient).udp(5000, 53).ip_id(5).fragment(0, true);
    const auto later = Packet{}.to(kClient).udp(5000, 53).ip_id(5).fragment(64, false);

    SECTION("out, from here")
    {
        const auto out = world.plain.sends(first);
        CHECK(view(out.bytes).from == ipv4(kShared));
        const auto rest = world.plain.sends(later);
        CHECK(rest.verdict == kRedirected);
        CHECK(view(rest.bytes).from == ipv4(kShared));
        CHECK(world.translations() == 2);
    }
    SECTION("out, from another host")
    {
        CHECK(world.relays(Packet{later}.from("10.0.1.40")).verdict == dropped(DROP_FRAGMENT_EARLY));
        world.relays(Packet{first}.from("10.0.1.40"));
        const auto rest = world.relays(Packet{later}.from("10.0.1.40"));
        CHECK(rest.verdict == kRedirected);
        CHECK(view(rest.bytes).from == ipv4(kShared));
    }
    SECTION("in")
    {
        const auto port = view(world.plain.sends(Packet{}.to(kClient).udp(5000, 53)).bytes).from_port;
        const auto answer = [&](std::uint16_t at, bool more) {
            return from_client(kShared).udp(53, port).ip_id(9).fragment(at, more);
        };
        CHECK(world.receives_from_outside(answer(64, false)).verdict == dropped(DROP_FRAGMENT_EARLY));
        const auto begin = world.receives_from_outside(answer(0, true));
        CHECK(view(begin.bytes).to == ipv4("10.0.1.30"));
        const auto rest = world.receives_from_outside(answer(64, false));
        CHECK(rest.verdict == kRedirected);
        CHECK(view(rest.bytes).to == ipv4("10.0.1.30"));
        CHECK(Bytes(rest.bytes.begin() + 34, rest.bytes.end()) == [&] {
            const auto b = answer(64, false).bytes();
            return Bytes(b.begin() + 34, b.end());
        }());
    }
}
