// Bandwidth caps: what fits passes, what does not is dropped, and nobody pays for another.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "outside_world.h"

using namespace vpcd::test;

namespace {

constexpr std::uint32_t kLimit = 5;
constexpr std::uint64_t kMinute = 60'000'000'000; // nanoseconds: a test lasts no part of it that counts

struct LimitWorld : OutsideWorld {
    Instance other = interface("10.0.1.11");

    // As many packets of this size (bytes of the frame) as may go at once; the next one fits in a minute.
    void caps(std::uint32_t id, std::uint64_t packets, std::uint64_t bytes)
    {
        datapath.put("limits", id,
                     ::limit{.byte_time = (kMinute << LIMIT_SHIFT) / bytes, .burst = packets * kMinute});
    }
};

constexpr std::uint64_t kFrame = 14 + 20 + 8 + 100;

Packet packet(const char* to)
{
    return Packet{}.to(to).udp(4000, 9).payload(100);
}

} // namespace

TEST_CASE("an interface sends what its cap allows, and no more", "[bpf][bandwidth]")
{
    LimitWorld world;
    world.caps(kLimit, 3, kFrame);
    world.web.change([](auto& i) { i.egress_limit = kLimit; });

    for (int i = 0; i < 3; ++i)
        CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == dropped(DROP_OVER_LIMIT));
    CHECK(world.other.sends(packet("10.0.1.20")).verdict == kRedirected);

    world.caps(kLimit, 5, kFrame); // in place: what was sent stays paid for
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == dropped(DROP_OVER_LIMIT));
    world.datapath.put("limits", kLimit, ::limit{});
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
}

TEST_CASE("a cap that is raised counts at once, whatever the smaller one has let wait", "[bpf][bandwidth]")
{
    LimitWorld world;
    world.caps(kLimit, 3, kFrame);
    world.web.change([](auto& i) { i.egress_limit = kLimit; });
    for (int i = 0; i < 3; ++i)
        CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);

    // A packet takes a nanosecond, and three may be ahead.
    world.datapath.put("limits", kLimit, ::limit{.byte_time = (1ULL << LIMIT_SHIFT) / kFrame, .burst = 3});
    for (int i = 0; i < 3; ++i)
        CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
}

TEST_CASE("many small datagrams in one packet are worth what they are", "[bpf][bandwidth]")
{
    LimitWorld world;
    world.caps(kLimit, 3, kFrame);
    world.web.change([](auto& i) { i.egress_limit = kLimit; });

    const auto batch = Packet{}.to("10.0.1.11").udp(4000, 9).payload(16);
    CHECK(world.web.sends(batch, {.gso_size = 8}).verdict == kRedirected);
    CHECK(world.web.sends(packet("10.0.1.11")).verdict == kRedirected);
}

TEST_CASE("who is over its cap is still answered by its router", "[bpf][bandwidth]")
{
    LimitWorld world;
    world.caps(kLimit, 1, kFrame);
    world.web.change([](auto& i) { i.egress_limit = kLimit; });
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == dropped(DROP_OVER_LIMIT));
    CHECK(world.web.sends(Packet{}.arp_request(world.web.mac, "10.0.1.10", "10.0.1.20")).verdict == kRedirected);
}

TEST_CASE("an interface receives what its cap allows, from here and from other hosts", "[bpf][bandwidth]")
{
    const bool from_here = GENERATE(true, false);
    LimitWorld world;
    world.caps(kLimit, 2, kFrame);
    world.web.change([](auto& i) { i.ingress_limit = kLimit; });
    const auto sends = [&] {
        if (from_here)
            return world.other.sends(packet("10.0.1.10"));
        return world.receives(
            vxlan(packet("10.0.1.10").from_mac(mac_of("10.0.1.20")).to_mac(mac_of("10.0.1.10")).from("10.0.1.20")),
            Via::kTc);
    };

    CHECK(sends().verdict == kRedirected);
    CHECK(sends().verdict == kRedirected);
    const auto over = sends();
    CHECK(over.verdict == dropped(DROP_OVER_LIMIT));
    REQUIRE(over.drop);
    CHECK(over.drop->interface == world.web.id); // whose cap it is
    CHECK(world.web.sends(packet("10.0.1.20")).verdict == kRedirected);
}

TEST_CASE("a public address carries what its caps allow, each direction for itself", "[bpf][bandwidth]")
{
    LimitWorld world;
    const auto id = 1U; // of kWebPublic
    world.caps(kLimit, 1, kFrame);
    world.caps(kLimit + 1, 1, kFrame);
    world.datapath.put("public_limits", id, ::public_limits{.egress = kLimit, .ingress = kLimit + 1});

    CHECK(world.web.sends(packet(kClient)).verdict == kRedirected);
    CHECK(world.web.sends(packet(kClient)).verdict == dropped(DROP_OVER_LIMIT));
    CHECK(world.receives_from_outside(from_client(kWebPublic).udp(9, 4000).payload(100)).verdict == kRedirected);
    CHECK(world.receives_from_outside(from_client(kWebPublic).udp(9, 4000).payload(100)).verdict ==
          dropped(DROP_OVER_LIMIT));
}
