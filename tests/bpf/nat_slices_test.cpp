// Public addresses that several hosts share, each with ports of its own: the host where a packet of the Internet
// comes in passes it on to the one that has its port.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "nat_world.h"
#include "quoted.h"
#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

enum class Half { kLower, kUpper };

// This host has one half of the ports of kShared, the other host the other one; who has the lower has what has no
// ports.
struct SliceWorld : NatWorld {
    std::uint32_t way_in = passes_to(there);

    explicit SliceWorld(Half own = Half::kLower)
    {
        SnatPool pool;
        if (own == Half::kLower)
            pool.last_port = 32767;
        else
            pool.first_port = 32768;
        pool.flags = own == Half::kLower ? SNAT_SLICE : SNAT_SLICE | SNAT_PORTS_ONLY;
        shares("10.0.1.0/24", pool);
        has_slice(kShared, own == Half::kLower ? 32768 : 0, 1, way_in);
    }

    std::uint16_t port_of_new_connection()
    {
        return view(plain.sends(Packet{}.to(kClient).udp(5000, 53)).bytes).from_port;
    }
};

// What the host where it came in sends here.
Packet passed(const Packet& packet, encapsulation kind = ENCAPSULATION_VXLAN, const char* from = "192.0.2.2")
{
    const auto inner = Packet{packet}.from_mac(kRouterMac).to_mac(kPassMac);
    return tunnelled(kind, inner, kind == ENCAPSULATION_GRE ? VPCD_GRE_OUTSIDE | VPCD_GRE_CHECK | kVpc : kVpc, from);
}

} // namespace

TEST_CASE("what comes for a port of another host is passed on to it as it came", "[bpf][nat][slice]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto about = Packet{}.from(kShared).to(kClient).udp(40000, 53);
    const auto row = GENERATE_COPY(values<Row>({
        {"UDP", from_client(kShared).udp(53, 40000)},
        {"TCP", from_client(kShared).tcp(443, 65535).flags(kSyn | kAck)},
        {"a reset", from_client(kShared).tcp(443, 32768).flags(kRst | kAck)},
        {"an answer to a ping", from_client(kShared).icmp_echo_reply(40000, 1)},
        {"an error", from_client(kShared).icmp(3, 1).quoting(about)},
    }));
    SliceWorld world;

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.receives_from_outside(Packet{row.packet}.ttl(9));

        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        REQUIRE(seen.inner);
        CHECK(seen.to == ipv4("192.0.2.2"));
        CHECK(seen.vni == kVpc);
        CHECK(seen.inner->to_mac == kPassMac);
        CHECK(seen.inner->from_mac == kRouterMac);
        CHECK(seen.inner->from == ipv4(kClient));
        CHECK(seen.inner->to == ipv4(kShared));
        CHECK(seen.inner->ttl == 9);
        CHECK(seen.inner->checksums_right);
        CHECK(out.counters[COUNTER_PASSED_ON] == 1);
        CHECK(out.counters[COUNTER_TRANSLATED_IN] == 0);
        CHECK(world.translations() == 0);
    }
}

TEST_CASE("GRE says by bits of its key what is passed on", "[bpf][nat][slice]")
{
    SliceWorld world;
    world.change_host(world.there, [](auto& h) { h.encapsulation = ENCAPSULATION_GRE; });

    const auto seen = view(world.receives_from_outside(from_client(kShared).udp(53, 40000)).bytes);
    CHECK(seen.tunnel == View::Tunnel::kGre);
    CHECK(seen.vni == (VPCD_GRE_OUTSIDE | VPCD_GRE_CHECK | kVpc));
}

TEST_CASE("who has the port takes over what another host passes on", "[bpf][nat][slice]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    SliceWorld world{Half::kUpper};
    world.change_settings([&](auto& s) { s.encapsulation = kind; });
    const auto port = world.port_of_new_connection();
    REQUIRE(port >= 32768);

    for (const auto via : {Via::kTc, Via::kXdp}) {
        const auto out = world.receives(passed(from_client(kShared).udp(53, port).ttl(9), kind), via);
        if (via == Via::kXdp) {
            CHECK(out.verdict == kPassed);
            continue;
        }
        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        CHECK(seen.from == ipv4(kClient));
        CHECK(seen.to == ipv4("10.0.1.30"));
        CHECK(seen.to_port == 5000);
        CHECK(seen.to_mac == mac_of("10.0.1.30"));
        CHECK(seen.ttl == 8);
        CHECK(seen.checksums_right);
        CHECK(out.counters[COUNTER_TRANSLATED_IN] == 1);
    }
}

TEST_CASE("what is passed on for an instance of a third host goes there", "[bpf][nat][slice]")
{
    SliceWorld world{Half::kUpper};
    const auto sent = view(world.relays(Packet{}.from("10.0.1.40").to(kClient).tcp(5000, 443).flags(kSyn)).bytes);

    const auto answer = from_client(kShared).tcp(443, sent.from_port).flags(kSyn | kAck).mss(1460);
    const auto seen = view(world.receives(passed(answer), Via::kTc).bytes);
    REQUIRE(seen.inner);
    CHECK(seen.inner->to == ipv4("10.0.1.40"));
    CHECK(seen.inner->to_port == 5000);
    CHECK(seen.inner->mss == 1410);
}

TEST_CASE("nothing is passed on twice, and no stranger passes anything on", "[bpf][nat][slice]")
{
    SliceWorld world{Half::kUpper};
    const auto port = world.port_of_new_connection();

    CHECK(world.receives(passed(from_client(kShared).udp(53, 2000)), Via::kTc).verdict ==
          dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives(passed(from_client("203.0.113.99").udp(53, 2000)), Via::kTc).verdict ==
          dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives(passed(from_client(kShared).udp(53, port), ENCAPSULATION_VXLAN, "192.0.2.77"), Via::kTc)
              .verdict == dropped(DROP_UNKNOWN_VTEP));
}

TEST_CASE("connections take ports of this host only", "[bpf][nat][slice]")
{
    const auto own = GENERATE(Half::kLower, Half::kUpper);
    SliceWorld world{own};

    for (std::uint16_t i = 0; i < 100; ++i) {
        const auto seen =
            view(world.plain.sends(Packet{}.to(kClient).udp(static_cast<std::uint16_t>(5000 + i), 53)).bytes);
        CHECK(seen.from == ipv4(kShared));
        CHECK((seen.from_port < 32768) == (own == Half::kLower));
    }
}

TEST_CASE("answers that another host passes on fit the tunnel", "[bpf][nat][slice]")
{
    const bool is_passed = GENERATE(false, true);
    SliceWorld world{Half::kUpper};
    world.change_settings([](auto& s) { s.tunnel_mtu = 1450; });
    world.change_public(kShared, [&](auto& row) { row.flags = is_passed ? PUBLIC_QUIET | PUBLIC_PASSED : 0; });

    for (const auto flags : {int{kSyn}, kSyn | kAck, int{kSyn}}) { // known or not
        const auto out = world.plain.sends(Packet{}.to(kClient).tcp(5000, 443).flags(flags).mss(1460));
        CHECK(view(out.bytes).mss == (is_passed ? 1410 : 1460));
        CHECK(view(out.bytes).checksums_right);
        CHECK(out.counters[COUNTER_MSS_CLAMPED] == is_passed);
    }
}

TEST_CASE("what has no ports is the first host's", "[bpf][nat][slice]")
{
    SliceWorld first{Half::kLower};
    CHECK(first.plain.sends(Packet{}.to(kClient).protocol(47)).verdict == kRedirected);
    CHECK(first.receives_from_outside(from_client(kShared).protocol(47)).verdict == kRedirected);

    SliceWorld second{Half::kUpper};
    CHECK(second.plain.sends(Packet{}.to(kClient).protocol(47)).verdict == dropped(DROP_NO_PORT));
    const auto seen = view(second.receives_from_outside(from_client(kShared).protocol(47)).bytes);
    REQUIRE(seen.inner);
    CHECK(seen.inner->to_mac == kPassMac);
}

TEST_CASE("a connection ends when its port is another host's from now on", "[bpf][nat][slice]")
{
    SliceWorld world{Half::kUpper};
    const auto port = world.port_of_new_connection();
    world.generation = 2;

    SECTION("it is not")
    {
        world.shares("10.0.1.0/24", {.first_port = 32768, .flags = SNAT_SLICE | SNAT_PORTS_ONLY});
        CHECK(world.receives_from_outside(from_client(kShared).udp(53, port)).verdict == kRedirected);
        CHECK(world.port_of_new_connection() == port);
    }
    SECTION("it is")
    {
        world.shares("10.0.1.0/24", {.last_port = 32767, .flags = SNAT_SLICE});
        world.has_slice(kShared, 32768, 1, world.way_in);
        const auto seen = view(world.receives_from_outside(from_client(kShared).udp(53, port)).bytes);
        REQUIRE(seen.inner);
        CHECK(seen.inner->to == ipv4(kShared));
        CHECK(world.port_of_new_connection() < 32768);
    }
}

TEST_CASE("fragments are passed on with the first one", "[bpf][nat][slice]")
{
    SliceWorld world;
    const auto fragment = [&](std::uint16_t at, bool more) {
        return world.receives_from_outside(from_client(kShared).udp(53, 40000).ip_id(9).fragment(at, more));
    };

    CHECK(fragment(64, false).verdict == dropped(DROP_FRAGMENT_EARLY));
    CHECK(fragment(0, true).verdict == kRedirected);
    const auto seen = view(fragment(64, false).bytes);
    REQUIRE(seen.inner);
    CHECK(seen.inner->to == ipv4(kShared));
    CHECK(seen.inner->is_fragment);
}

TEST_CASE("the Internet is told what cannot be passed on", "[bpf][nat][slice]")
{
    SliceWorld world;
    const auto big = from_client(kShared).udp(53, 40000).payload(1460).df();

    SECTION("too big for the tunnel")
    {
        const auto out = world.receives_from_outside(big);
        const auto seen = view(out.bytes);
        CHECK(out.verdict == refused(DROP_TOO_BIG));
        CHECK(seen.from == ipv4(kShared));
        CHECK(seen.icmp_type == 3);
        CHECK(seen.icmp_code == 4);
        CHECK(seen.icmp_mtu == 1450);
    }
    SECTION("the host cannot be reached")
    {
        world.change_host(world.there, [](auto& h) { h.flags = 0; });
        const auto out = world.receives_from_outside(from_client(kShared).udp(53, 40000));
        const auto seen = view(out.bytes);
        CHECK(out.verdict == refused(DROP_NO_UNDERLAY));
        CHECK(seen.icmp_type == 3);
        CHECK(seen.icmp_code == 1);
    }
}
