// What goes out on the underlay, byte by byte, for each encapsulation.
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <arpa/inet.h>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

constexpr auto kKinds = {ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE};

struct TwoHosts : Underlay {
    explicit TwoHosts(encapsulation kind = ENCAPSULATION_VXLAN) : other{host("192.0.2.2", kind)} {}
    std::uint32_t other;
    Instance web = interface("10.0.1.10");
    Remote near = far("10.0.1.20", other);   // in the sender's subnet
    Remote routed = far("10.0.2.20", other); // across the virtual router
};

} // namespace

TEST_CASE("a packet to another host gets exactly the headers of its encapsulation", "[bpf][encapsulate]")
{
    struct Row {
        const char* name;
        Packet packet;
        bool is_error = false;
    };
    const auto kind = GENERATE(values(kKinds));
    const auto row = GENERATE(values<Row>({
        {"UDP", Packet{}.ttl(9)},
        {"TCP", Packet{}.ttl(9).tcp(1, 2)},
        {"ping", Packet{}.ttl(9).icmp_echo(1, 1)},
        {"an ICMP error", Packet{}.ttl(9).icmp(3, 1), true},
        {"IP options", Packet{}.ttl(9).ip_options(40)},
        {"don't fragment", Packet{}.ttl(9).df()},
        {"a later fragment", Packet{}.ttl(9).fragment(64, false)},
        {"an empty payload", Packet{}.ttl(9).payload(0)},
        {"an odd length", Packet{}.ttl(9).payload(101)},
    }));
    const bool routed = GENERATE(false, true);
    TwoHosts world{kind};
    const auto& to = routed ? world.routed : world.near;
    world.web.sends(Packet{}.to(to.address).fragment(0, true));

    DYNAMIC_SECTION(name(kind) << ", " << row.name << (routed ? ", routed" : ", bridged"))
    {
        auto packet = Packet{row.packet}.to(to.address);
        if (row.is_error) // about the answer
            packet.quoting(Packet{}.from(to.address).to("10.0.1.10").udp(9, 40000));
        const auto out = world.web.sends(packet);

        auto inner = Packet{packet}.to_mac(to.mac).from_mac(routed ? kRouterMac : world.web.mac).from("10.0.1.10");
        inner.ttl(routed ? 8 : 9);
        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        CHECK(out.bytes == sent_by_us(kind, inner, seen.from_port).bytes());
        CHECK(seen.checksums_right);
        CHECK(seen.vni == kVpc);
        CHECK(out.counters[COUNTER_ENCAPSULATED] == 1);
        CHECK(out.counters[COUNTER_DELIVERED_LOCAL] == 0);
        CHECK(out.traffic[world.web.id].tx_bytes == world.web.complete(packet).size());

        SECTION("and so does the next one")
        {
            CHECK(world.web.sends(packet).bytes == out.bytes);
        }
    }
}

TEST_CASE("the smallest and the largest VNI fit the header", "[bpf][encapsulate]")
{
    const auto kind = GENERATE(values(kKinds));
    const auto vni = GENERATE(1u, 0x00ff00u, static_cast<unsigned>(VPCD_MAX_VNI));
    CAPTURE(name(kind), vni);
    Underlay world;
    world.vpc(vni);
    const auto web = world.interface("10.0.1.10", vni);
    const auto far = world.far("10.0.1.20", world.host("192.0.2.2", kind), vni);

    const auto out = web.sends(Packet{}.to("10.0.1.20"));

    const auto inner = Packet{}.from("10.0.1.10").to("10.0.1.20").from_mac(web.mac).to_mac(far.mac);
    CHECK(out.bytes == sent_by_us(kind, inner, view(out.bytes).from_port, vni).bytes());
}

TEST_CASE("congestion marks are copied to the outer header, the rest of the field is not", "[bpf][encapsulate]")
{
    const auto kind = GENERATE(values(kKinds));
    TwoHosts world{kind};
    for (int tos = 0; tos < 256; tos += 23) {
        CAPTURE(name(kind), tos);
        const auto seen = view(world.web.sends(Packet{}.to("10.0.1.20").tos(static_cast<std::uint8_t>(tos))).bytes);
        REQUIRE(seen.inner);
        CHECK(seen.tos == (tos & 3));
        CHECK(seen.inner->tos == tos);
        CHECK(seen.checksums_right);
    }
}

TEST_CASE("the outer source port is stable per flow, ephemeral, and spreads flows", "[bpf][encapsulate]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE);
    TwoHosts world{kind};
    std::set<std::uint16_t> ports;
    std::array<int, 8> queues{};
    for (std::uint16_t source = 0; source < 256; source++) {
        const auto packet = Packet{}.to("10.0.1.20").udp(static_cast<std::uint16_t>(20000 + source), 53);
        const auto first = view(world.web.sends(packet).bytes).from_port;
        const auto second = view(world.web.sends(packet).bytes).from_port;
        CHECK(first == second);
        CHECK(first >= 49152);
        ports.insert(first);
        queues[first % queues.size()]++;
    }
    CHECK(ports.size() > 200);
    for (const auto flows : queues)
        CHECK((flows > 10 && flows < 64)); // 32 would be even
}

TEST_CASE("both fragments of a datagram take the same path", "[bpf][encapsulate]")
{
    TwoHosts world;
    const auto first = view(world.web.sends(Packet{}.to("10.0.1.20").fragment(0, true)).bytes);
    const auto later = view(world.web.sends(Packet{}.to("10.0.1.20").fragment(1024, false)).bytes);
    CHECK(first.from_port == later.from_port);
}

TEST_CASE("a host whose MAC is not known yet is still sent to, through the kernel's neighbour table",
          "[bpf][encapsulate]")
{
    TwoHosts world;
    const auto gateway = GENERATE(0u, 0xc0000201u);
    world.change_host(world.other, [&](auto& h) {
        h.flags = HOST_REACHABLE;
        h.gateway = htonl(gateway);
    });

    const auto out = world.web.sends(Packet{}.to("10.0.1.20"));
    CHECK(out.verdict == kRedirected);
    CHECK(out.counters[COUNTER_ENCAPSULATED] == 1);
    CHECK(view(out.bytes).vni == kVpc);
}

TEST_CASE("a host without a route is unreachable, and the sender is told", "[bpf][encapsulate]")
{
    TwoHosts world;
    SECTION("no route")
    {
        world.change_host(world.other, [](auto& h) { h.flags = HOST_RESOLVED; });
    }
    SECTION("nothing known at all")
    {
        world.change_host(world.other, [](auto& h) { h = {}; });
    }

    const auto packet = Packet{}.to("10.0.1.20");
    const auto out = world.web.sends(packet);

    CHECK(out.verdict == refused(DROP_NO_UNDERLAY));
    const auto seen = view(out.bytes);
    CHECK(seen.icmp_type == 3);
    CHECK(seen.icmp_code == 1);
    CHECK(seen.from == ipv4("10.0.1.1"));
    CHECK(seen.checksums_right);
    CHECK(out.counters[COUNTER_ENCAPSULATED] == 0);
}

TEST_CASE("a host that comes back serves the flows it had", "[bpf][encapsulate]")
{
    TwoHosts world;
    const auto before = world.web.sends(Packet{}.to("10.0.1.20"));
    world.change_host(world.other, [](auto& h) { h.flags = HOST_RESOLVED; });
    REQUIRE(world.web.sends(Packet{}.to("10.0.1.20")).verdict == refused(DROP_NO_UNDERLAY));
    world.change_host(world.other, [](auto& h) { h.flags |= HOST_REACHABLE; });

    const auto out = world.web.sends(Packet{}.to("10.0.1.20"));

    CHECK(out.bytes == before.bytes);
    CHECK(out.counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("a receiver that changes its encapsulation is followed at once", "[bpf][encapsulate]")
{
    TwoHosts world;
    REQUIRE(view(world.web.sends(Packet{}.to("10.0.1.20")).bytes).tunnel == View::Tunnel::kVxlan);
    world.change_host(world.other, [](auto& h) { h.encapsulation = ENCAPSULATION_GENEVE; });
    CHECK(view(world.web.sends(Packet{}.to("10.0.1.20")).bytes).tunnel == View::Tunnel::kGeneve);
    world.change_host(world.other, [](auto& h) { h.encapsulation = ENCAPSULATION_GRE; });
    CHECK(view(world.web.sends(Packet{}.to("10.0.1.20")).bytes).tunnel == View::Tunnel::kGre);
}
