// ICMP errors through public addresses: those that pass, with what they quote (RFC 5508, 4.2), and those of the
// gateway itself.
#include <catch2/catch_test_macros.hpp>

#include "outside_world.h"

using namespace vpcd::test;

TEST_CASE("an error about what an instance has sent comes back to it, quoting its private address", "[bpf][outside]")
{
    OutsideWorld world;
    const auto sent = Packet{}.to(kClient).udp(5000, 53);
    const auto on_the_wire = world.web.sends(sent);
    const auto quoted = Packet{sent}.from(kWebPublic).ttl(1);

    const auto out =
        world.receives_from_outside(from_client(kWebPublic).from("198.51.100.1").icmp(11, 0).quoting(quoted));

    CHECK(on_the_wire.verdict == kRedirected);
    CHECK(out.verdict == kRedirected);
    const auto expected = Packet{}
                              .from_mac(kRouterMac)
                              .to_mac(mac_of("10.0.1.10"))
                              .from("198.51.100.1")
                              .to("10.0.1.10")
                              .ttl(63)
                              .icmp(11, 0)
                              .quoting(Packet{quoted}.from("10.0.1.10"))
                              .bytes();
    const auto seen = view(out.bytes);
    CHECK(seen.checksums_right);
    CHECK(seen.to == ipv4("10.0.1.10"));
    CHECK(Bytes(out.bytes.begin() + 42, out.bytes.begin() + 62) ==
          Bytes(expected.begin() + 42, expected.begin() + 62)); // the quoted IP header
}

TEST_CASE("an error about nothing an instance has sent does not reach it", "[bpf][outside]")
{
    OutsideWorld world;
    const auto quoted = Packet{}.from(kWebPublic).to(kClient).udp(5000, 53);

    CHECK(world.receives_from_outside(from_client(kWebPublic).icmp(3, 1).quoting(quoted)).verdict ==
          dropped(DROP_ICMP_UNRELATED));
}

TEST_CASE("an instance's own error quotes its public address to the Internet", "[bpf][outside]")
{
    OutsideWorld world;
    const auto received = from_client(kWebPublic).udp(6000, 9999);
    world.receives_from_outside(received);

    const auto out =
        world.web.sends(Packet{}.to(kClient).icmp(3, 3).quoting(Packet{received}.to("10.0.1.10").ttl(63)));

    CHECK(out.verdict == kRedirected);
    const auto seen = view(out.bytes);
    CHECK(seen.from == ipv4(kWebPublic));
    CHECK(seen.checksums_right);
    const auto quoted = Packet{received}.ttl(63).bytes();
    CHECK(Bytes(out.bytes.begin() + 42, out.bytes.begin() + 62) == Bytes(quoted.begin() + 14, quoted.begin() + 34));
}

TEST_CASE("the gateway tells the Internet what it cannot pass on, in the public address's name", "[bpf][outside]")
{
    OutsideWorld world;

    SECTION("the last hop")
    {
        const auto out = world.receives_from_outside(from_client(kWebPublic).ttl(1));
        CHECK(out.verdict == refused(DROP_TTL_EXCEEDED));
        CHECK(view(out.bytes).from == ipv4(kWebPublic));
        CHECK(view(out.bytes).to == ipv4(kClient));
        CHECK(view(out.bytes).icmp_type == 11);
        CHECK(view(out.bytes).checksums_right);
    }
    SECTION("more than the tunnel carries")
    {
        const auto out = world.receives_from_outside(from_client(kFarPublic).payload(1460));
        CHECK(out.verdict == refused(DROP_TOO_BIG));
        CHECK(view(out.bytes).icmp_type == 3);
        CHECK(view(out.bytes).icmp_code == 4);
        CHECK(view(out.bytes).icmp_mtu == kPathMtu - 50);
    }
    SECTION("an instance that is not there")
    {
        world.forget_endpoint("10.0.1.20");
        const auto out = world.receives_from_outside(from_client(kFarPublic));
        CHECK(out.verdict == refused(DROP_NO_ENDPOINT));
        CHECK(view(out.bytes).icmp_type == 3);
    }
    SECTION("a host without a way")
    {
        world.change_host(world.there, [](auto& h) { h.flags = 0; });
        CHECK(world.receives_from_outside(from_client(kFarPublic)).verdict == refused(DROP_NO_UNDERLAY));
    }
}

TEST_CASE(
    "who sends from a public address that is served here is told as well: by way of the external device's inside",
    "[bpf][outside]")
{
    OutsideWorld world;

    const auto out = world.receives_from_outside(from_client(kFarPublic).from(kWebPublic).payload(1460));

    CHECK(out.verdict == refused(DROP_TOO_BIG));
    CHECK(view(out.bytes).to == ipv4(kWebPublic));
    CHECK(view(out.bytes).to_mac == kExternalMac);
    CHECK(view(out.bytes).from_mac == kExternalMac);
    CHECK(view(out.bytes).checksums_right);
}

TEST_CASE("an instance is told what does not fit the external device", "[bpf][outside]")
{
    OutsideWorld world;
    world.change_settings([](auto& s) { s.external_mtu = 1400; });

    const auto out = world.web.sends(Packet{}.to(kClient).payload(1400));

    CHECK(out.verdict == refused(DROP_TOO_BIG));
    CHECK(view(out.bytes).icmp_mtu == 1400);
}
