// The kernel's own vxlan device: what is left to it, and what comes out of it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

Packet inner()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of("10.0.1.10")).from("10.0.1.20").to("10.0.1.10");
}

struct TunnelWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance web = interface("10.0.1.10");

    Outcome from_tunnel(const Packet& packet = inner()) { return receives_from_tunnel(packet, kVpc, "192.0.2.2"); }
};

} // namespace

TEST_CASE("packets for a device that wants them whole are left to the kernel's tunnel device", "[bpf][tunnel]")
{
    const bool whole = GENERATE(false, true);
    const bool device = GENERATE(false, true);
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    CAPTURE(whole, device, name(kind));
    TunnelWorld world;
    world.change_settings([&](auto& s) { s.tunnel_ifindex = device ? 77 : 0; });
    if (whole)
        world.web.change([](auto& i) { i.flags |= INTERFACE_WHOLE_PACKETS; });
    const auto packet = tunnelled(kind, inner());

    const auto out = world.receives(packet, Via::kTc);

    const bool left = whole && device && kind == ENCAPSULATION_VXLAN;
    CHECK(out.verdict == (left ? kPassed : kRedirected));
    CHECK(out.counters[COUNTER_TO_STACK] == left);
    CHECK(out.counters[COUNTER_DECAPSULATED] == !left);
    CHECK(out.traffic[world.web.id].rx_packets == !left);
    if (left)
        CHECK(out.bytes == packet.bytes());
}

TEST_CASE("a packet that takes the way through the kernel's tunnel device is counted once in its flow",
          "[bpf][tunnel]")
{
    TunnelWorld world;
    world.change_settings([&](auto& s) { s.tunnel_ifindex = 77; });
    world.web.change([](auto& i) { i.flags |= INTERFACE_WHOLE_PACKETS; });

    for (int packet = 0; packet < 3; packet++) {
        world.receives(tunnelled(ENCAPSULATION_VXLAN, inner()), Via::kTc);
        world.from_tunnel();
    }

    std::uint64_t packets = 0;
    for (const auto& key : world.flow_keys())
        packets += world.flow(key).packets;
    CHECK(packets == 3);
}

TEST_CASE("what is not for anyone here is not left to the kernel's tunnel device", "[bpf][tunnel]")
{
    TunnelWorld world;
    world.change_settings([&](auto& s) { s.tunnel_ifindex = 77; });
    world.web.change([](auto& i) { i.flags |= INTERFACE_WHOLE_PACKETS; });

    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, inner(), 4711), Via::kTc).verdict ==
          dropped(DROP_UNKNOWN_VNI));
    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, inner(), kVpc, "192.0.2.66"), Via::kTc).verdict ==
          dropped(DROP_UNKNOWN_VTEP));
}

TEST_CASE("what comes out of the kernel's tunnel device is delivered as it is", "[bpf][tunnel]")
{
    TunnelWorld world;

    const auto out = world.from_tunnel();

    CHECK(out.verdict == kRedirected);
    CHECK(out.bytes == inner().bytes());
    CHECK(out.counters[COUNTER_DECAPSULATED] == 1);
    CHECK(out.traffic[world.web.id].rx_packets == 1);
    CHECK(out.traffic[world.web.id].rx_bytes == inner().bytes().size());
    CHECK(world.from_tunnel().counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("what comes out of the kernel's tunnel device is checked like any other", "[bpf][tunnel]")
{
    struct Row {
        const char* name;
        Packet packet;
        std::uint32_t vni;
        const char* sender;
        drop_reason reason;
    };
    const auto ours = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE);
    const auto row = GENERATE(values<Row>({
        {"an unknown sender", inner(), kVpc, "192.0.2.66", DROP_UNKNOWN_VTEP},
        {"an unknown VNI", inner(), 4711, "192.0.2.2", DROP_UNKNOWN_VNI},
        {"an instance elsewhere", inner().to_mac(mac_of("10.0.1.99")), kVpc, "192.0.2.2", DROP_NOT_LOCAL},
        {"ARP", Packet{}.arp_request(mac_of("10.0.1.20"), "10.0.1.20", "10.0.1.10"), kVpc, "192.0.2.2", DROP_NOT_IP},
        {"IPv6", inner().ether_type(0x86dd), kVpc, "192.0.2.2", DROP_IPV6},
        {"multicast", inner().to("224.0.0.5"), kVpc, "192.0.2.2", DROP_MULTICAST},
        {"broken", inner().ip_version(5), kVpc, "192.0.2.2", DROP_MALFORMED},
    }));
    TunnelWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = ours; });

    DYNAMIC_SECTION(row.name << ", " << name(ours))
    {
        const auto out = world.receives_from_tunnel(row.packet, row.vni, row.sender);
        CHECK(out.verdict == dropped(row.reason));
        CHECK(out.drop->vpc == (row.vni == kVpc ? kVpc : 0));
    }
}

TEST_CASE("a packet that no tunnel brought is dropped on the tunnel device", "[bpf][tunnel]")
{
    TunnelWorld world;
    const auto out =
        measure(world.datapath, false, [&] { return world.datapath.run(Program::kFromTunnel, inner().bytes()); });
    CHECK(out.verdict == dropped(DROP_TUNNEL_MALFORMED));
}
