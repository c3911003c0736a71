// XDP on an instance's device: it takes established flows to other hosts and leaves everything else to TC, untouched.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

struct XdpSender : Underlay {
    explicit XdpSender(encapsulation kind = ENCAPSULATION_VXLAN) : other{host("192.0.2.2", kind)} {}

    std::uint32_t other;
    Instance web = interface("10.0.1.10");
    Instance neighbour = interface("10.0.1.11");
    Remote near = far("10.0.1.20", other);
    Remote routed = far("10.0.2.20", other);
};

} // namespace

TEST_CASE("an established flow leaves in XDP exactly as it leaves in TC", "[bpf][xdp_interface]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    const bool routed = GENERATE(false, true);
    const auto row = GENERATE(values<Packet>(
        {Packet{}, Packet{}.tcp(40000, 80), Packet{}.icmp_echo(7, 1), Packet{}.payload(1300), Packet{}.tos(1)}));
    CAPTURE(name(kind), routed);
    XdpSender world{kind};
    const auto packet = Packet{row}.to(routed ? "10.0.2.20" : "10.0.1.20");
    const auto in_tc = world.web.sends(packet);

    const auto out = world.web.sends_in_xdp(packet);

    CHECK(out.verdict == kRedirected);
    CHECK(out.bytes == in_tc.bytes);
    CHECK(out.counters[COUNTER_ENCAPSULATED] == 1);
    CHECK(out.counters[COUNTER_FLOW_MISS] == 0);
    CHECK(out.traffic[world.web.id].tx_packets == 1);
    CHECK(out.traffic[world.web.id].tx_bytes == world.web.complete(packet).size());
}

TEST_CASE("what XDP does not take goes to TC as it came, uncounted", "[bpf][xdp_interface]")
{
    struct Row {
        const char* name;
        Packet packet;
        bool is_known = true; // TC has seen such a packet before
    };
    const auto row = GENERATE(values<Row>({
        {"a flow that is not decided yet", Packet{}.to("10.0.1.20"), false},
        {"a handshake, whose MSS may be too large", Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn).mss(9000)},
        {"an instance of this host", Packet{}.to("10.0.1.11")},
        {"the last hop", Packet{}.to("10.0.2.20").ttl(1)},
        {"too big for the tunnel", Packet{}.to("10.0.1.20").payload(1500 - 50 - 28 + 1)},
        {"another source MAC", Packet{}.to("10.0.1.20").from_mac(kFarUnderlayMac)},
        {"an ICMP error", Packet{}.to("10.0.1.20").icmp(3, 4, 0, 1400)},
        {"ARP", Packet{}.arp_request(mac_of("10.0.1.10"), "10.0.1.10", "10.0.1.20")},
        {"IPv6", Packet{}.to("10.0.1.20").ether_type(0x86dd)},
        {"a broken header", Packet{}.to("10.0.1.20").ip_version(5)},
    }));
    XdpSender world;
    if (row.is_known)
        world.web.sends(Packet{row.packet}.ttl(64));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.web.sends_in_xdp(row.packet);

        CHECK(out.verdict == kPassed);
        CHECK(out.bytes == world.web.complete(row.packet));
        CHECK(out.traffic[world.web.id].tx_packets == 0);
    }
}

TEST_CASE("XDP asks the same of a flow as TC: settings, next hop and host of now", "[bpf][xdp_interface]")
{
    XdpSender world;
    const auto packet = Packet{}.to("10.0.1.20");
    world.web.sends(packet);
    REQUIRE(world.web.sends_in_xdp(packet).verdict == kRedirected);

    SECTION("another generation")
    {
        world.web.bump();
        CHECK(world.web.sends_in_xdp(packet).verdict == kPassed);
    }
    SECTION("the next hop is somebody else's")
    {
        world.change_next_hop(world.near.next_hop, [](auto& n) { n.serial++; });
        CHECK(world.web.sends_in_xdp(packet).verdict == kPassed);
    }
    SECTION("the host's MAC is not known, which only the kernel can mend")
    {
        world.change_host(world.other, [](auto& h) { h.flags = HOST_REACHABLE; });
        CHECK(world.web.sends_in_xdp(packet).verdict == kPassed);
    }
}
