// What the virtual router says itself: ping, and ICMP errors about what it does not forward.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/packet_view.h"
#include "underlay.h"

using namespace vpcd::test;

namespace {

constexpr std::uint8_t kUnreachable = 3, kTimeExceeded = 11;

// The ICMP error the gateway of subnet 1 sends about `sent`.
Bytes error_about(const Instance& sender, const Bytes& sent, std::uint8_t type, std::uint8_t code)
{
    Bytes quote(sent.begin() + 14, sent.begin() + 14 + 28);
    return Packet{}
        .from_mac(kRouterMac)
        .to_mac(sender.mac)
        .from("10.0.1.1")
        .to(sender.address)
        .icmp(type, code)
        .payload(std::move(quote))
        .bytes();
}

struct RouterWorld : Underlay {
    Instance web = interface("10.0.1.10");
    Instance database = interface("10.0.2.10");
    Instance neighbour = interface("10.0.1.11");
};

} // namespace

TEST_CASE("every gateway of the VPC answers ping in place", "[bpf][router]")
{
    RouterWorld world;
    const auto gateway = GENERATE("10.0.1.1", "10.0.2.1");
    const auto payload = GENERATE(0u, 1u, 56u, 1400u);
    const auto ttl = GENERATE(std::uint8_t{1}, std::uint8_t{64}, std::uint8_t{255});
    CAPTURE(gateway, payload, ttl);

    const auto out = world.web.sends(Packet{}.to(gateway).ttl(ttl).icmp_echo(77, 3).payload(payload));

    const auto expected = Packet{}
                              .from_mac(kRouterMac)
                              .to_mac(world.web.mac)
                              .from(gateway)
                              .to("10.0.1.10")
                              .icmp_echo_reply(77, 3)
                              .payload(payload);
    CHECK(out.verdict == kRedirected);
    CHECK(out.bytes == expected.bytes());
    CHECK(view(out.bytes).checksums_right);
    CHECK(out.mark == VPCD_MARK);
    CHECK(out.counters[COUNTER_ROUTER_ECHO] == 1);
    CHECK(world.flow_keys().empty());
}

TEST_CASE("ping to the gateway keeps a right checksum for every identifier's carry", "[bpf][router]")
{
    RouterWorld world;
    for (const std::uint16_t id : {0x0000, 0x00ff, 0x07ff, 0x5aa5, 0xf7ff, 0xf800, 0xffff}) {
        CAPTURE(id);
        const auto out = world.web.sends(Packet{}.to("10.0.1.1").icmp_echo(id, 1).payload(0));
        CHECK(view(out.bytes).checksums_right);
    }
}

TEST_CASE("anything but ping to the gateway is refused", "[bpf][router]")
{
    struct Row {
        const char* name;
        Packet packet;
        bool told;
    };
    RouterWorld world;
    const auto base = Packet{}.to("10.0.1.1");
    const auto row = GENERATE_COPY(values<Row>({
        {"UDP", Packet{base}.udp(1000, 53), true},
        {"TCP", Packet{base}.tcp(1000, 179).flags(kSyn), true},
        {"another protocol", Packet{base}.protocol(89), true},
        {"UDP to another subnet's gateway", Packet{}.to("10.0.2.1").udp(1000, 53), true},
        {"an echo reply", Packet{base}.icmp_echo_reply(1, 1), true},
        {"ping with IP options, which is not told as a quote would be cut",
         Packet{base}.ip_options(4).icmp_echo(1, 1), false},
        {"UDP with IP options", Packet{base}.ip_options(4), false},
        {"an ICMP error", Packet{base}.icmp(3, 1), false},
        {"a fragment of a ping", Packet{base}.icmp_echo(1, 1).fragment(0, true), false},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.web.sends(row.packet);

        CHECK(out.verdict == (row.told ? refused(DROP_TO_ROUTER) : dropped(DROP_TO_ROUTER)));
        CHECK(out.counters[COUNTER_ICMP_ERROR] == row.told);
        if (row.told)
            CHECK(out.bytes == error_about(world.web, world.web.complete(row.packet), kUnreachable, 3));
        CHECK(world.flow_keys().empty());
    }
}

TEST_CASE("time runs out only where the virtual router is crossed", "[bpf][router]")
{
    struct Row {
        const char* name;
        const char* to;
        std::uint8_t ttl;
        bool exceeded;
    };
    RouterWorld world;
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.neighbour.next_hop);
    const auto row = GENERATE(values<Row>({
        {"another subnet, 0", "10.0.2.10", 0, true},
        {"another subnet, 1", "10.0.2.10", 1, true},
        {"another subnet, 2", "10.0.2.10", 2, false},
        {"a custom route, 1", "10.9.0.1", 1, true},
        {"a custom route, 2", "10.9.0.1", 2, false},
        {"the same subnet, 1", "10.0.1.11", 1, false},
    }));
    const bool established = GENERATE(false, true);

    DYNAMIC_SECTION(row.name << (established ? ", established" : ", first packet"))
    {
        const auto packet = Packet{}.to(row.to);
        if (established)
            REQUIRE(world.web.sends(Packet{packet}).verdict == kRedirected);

        const auto late = Packet{packet}.ttl(row.ttl);
        const auto out = world.web.sends(late);

        CHECK(out.verdict == (row.exceeded ? refused(DROP_TTL_EXCEEDED) : kRedirected));
        if (row.exceeded)
            CHECK(out.bytes == error_about(world.web, world.web.complete(late), kTimeExceeded, 0));
    }
}

TEST_CASE("an ICMP error is never about what may not have one (RFC 1122, 3.2.2)", "[bpf][router]")
{
    struct Row {
        const char* name;
        Packet packet;
        bool told;
        drop_reason reason = DROP_NO_ROUTE;
    };
    RouterWorld world;
    world.web.unchecked();
    const auto nowhere = Packet{}.to("198.51.100.1");
    const auto row = GENERATE_COPY(values<Row>({
        {"UDP is told", Packet{nowhere}, true},
        {"a first fragment of UDP is told", Packet{nowhere}.fragment(0, true), true},
        {"an echo request is told", Packet{nowhere}.icmp_echo(1, 1), true},
        {"an ICMP error is not", Packet{nowhere}.icmp(3, 1), false},
        {"an ICMP error about time is not", Packet{nowhere}.icmp(11, 0), false},
        {"a fragment of ICMP is not", Packet{nowhere}.icmp_echo(1, 1).fragment(0, true), false},
        {"a later fragment of UDP is not", Packet{nowhere}.fragment(64, false), false, DROP_FRAGMENT_EARLY},
        {"a middle fragment of TCP is not", Packet{nowhere}.tcp(1, 2).fragment(64, true), false, DROP_FRAGMENT_EARLY},
        {"a multicast source is not", Packet{nowhere}.from("224.0.0.5"), false},
        {"the last multicast source is not", Packet{nowhere}.from("239.255.255.255"), false},
        {"no source is not", Packet{nowhere}.from("0.0.0.0"), false},
        {"limited broadcast as the source is not", Packet{nowhere}.from("255.255.255.255"), false},
        {"loopback as the source is not", Packet{nowhere}.from("127.0.0.1"), false},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.web.sends(row.packet);
        CHECK(out.verdict == (row.told ? refused(row.reason) : dropped(row.reason)));
        CHECK(out.counters[COUNTER_ICMP_ERROR] == row.told);
    }
}

TEST_CASE("an ICMP error replaces packets of any size", "[bpf][router]")
{
    RouterWorld world;
    for (const std::size_t payload : {0u, 8u, 27u, 28u, 29u, 100u, 3000u}) {
        CAPTURE(payload);
        const auto packet = Packet{}.to("198.51.100.1").payload(payload);
        const auto out = world.web.sends(packet);
        CHECK(out.verdict == refused(DROP_NO_ROUTE));
        CHECK(out.bytes == error_about(world.web, world.web.complete(packet), kUnreachable, 0));
        CHECK(out.dropped_bytes == world.web.complete(packet).size());
    }
}

TEST_CASE("a packet too short to be quoted whole is dropped without an error", "[bpf][router]")
{
    RouterWorld world;
    const auto out = world.web.sends(Packet{}.to("198.51.100.1").protocol(132).payload(7));
    CHECK(out.verdict == dropped(DROP_NO_ROUTE));
}
