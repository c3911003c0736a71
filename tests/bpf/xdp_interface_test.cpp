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

    // Until nothing pushes its flow out any more. Answers come as this host receives them.
    Outcome establish(const Packet& packet, const Remote& to, bool is_tcp)
    {
        if (!is_tcp) {
            for (int i = 0; i < kOneWay - 1; i++)
                web.sends(packet);
            return web.sends(packet);
        }
        const auto answer = Packet{}.from_mac(to.mac).to_mac(web.mac).from(to.address).to(web.address);
        web.sends(Packet{packet}.flags(kSyn));
        receives(tunnelled(ENCAPSULATION_VXLAN, Packet{answer}.tcp(80, 40000).flags(kSyn | kAck)), Via::kTc);
        return web.sends(packet);
    }

    static constexpr int kOneWay = 16; // packets without an answer that establish a flow
};

} // namespace

TEST_CASE("an established flow leaves in XDP exactly as it leaves in TC", "[bpf][xdp_interface]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    const bool routed = GENERATE(false, true);
    struct Row {
        Packet packet;
        bool is_tcp = false;
    };
    const auto row = GENERATE(values<Row>({{Packet{}},
                                           {Packet{}.tcp(40000, 80), true},
                                           {Packet{}.icmp_echo(7, 1)},
                                           {Packet{}.payload(1300)},
                                           {Packet{}.tos(1)}}));
    CAPTURE(name(kind), routed);
    XdpSender world{kind};
    const auto& to = routed ? world.routed : world.near;
    const auto packet = Packet{row.packet}.to(to.address);
    const auto in_tc = world.establish(packet, to, row.is_tcp);

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
        int before = XdpSender::kOneWay; // such packets that TC has seen
    };
    const auto row = GENERATE(values<Row>({
        {"a flow that is not decided yet", Packet{}.to("10.0.1.20"), 0},
        {"a flow that is not established yet", Packet{}.to("10.0.1.20"), 14},
        {"a fragment, which has ports to leave", Packet{}.to("10.0.1.20").fragment(0, true)},
        {"a RST", Packet{}.to("10.0.1.20").tcp(1, 2).flags(kRst)},
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
    for (int i = 0; i < row.before; i++)
        world.web.sends(Packet{row.packet}.ttl(64));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.web.sends_in_xdp(row.packet);

        CHECK(out.verdict == kPassed);
        CHECK(out.bytes == world.web.complete(row.packet));
        CHECK(out.traffic[world.web.id].tx_packets == 0);
    }
}

TEST_CASE("XDP sends nothing from a MAC of the datapath's own, nor for who is not checked", "[bpf][xdp_interface]")
{
    const auto own = GENERATE(MacBytes VPCD_CHECK_MAC, MacBytes VPCD_RETURN_MAC, MacBytes VPCD_ROUTER_MAC);
    XdpSender world;
    world.web.unchecked();
    const auto packet = Packet{}.to("10.0.1.20");
    world.establish(packet, world.near, false);

    CHECK(world.web.sends_in_xdp(Packet{packet}.from_mac(own)).verdict == kPassed);
    CHECK(world.web.sends_in_xdp(Packet{packet}.from_mac(kFarUnderlayMac)).verdict == kRedirected);
}

TEST_CASE("in an established connection XDP leaves to TC what says more than data", "[bpf][xdp_interface]")
{
    const int flags = GENERATE(0, kSyn + 0, kSyn | kAck, kRst + 0, kFin + 0, kSyn | kFin | kAck);
    CAPTURE(flags);
    XdpSender world;
    const auto packet = Packet{}.to("10.0.1.20").tcp(40000, 80);
    world.establish(packet, world.near, true);

    CHECK(world.web.sends_in_xdp(Packet{packet}.flags(flags)).verdict == kPassed);
    CHECK(world.web.sends_in_xdp(packet).verdict == kRedirected);
}

TEST_CASE("XDP asks the same of a flow as TC: settings, next hop and host of now", "[bpf][xdp_interface]")
{
    XdpSender world;
    const auto packet = Packet{}.to("10.0.1.20");
    world.establish(packet, world.near, false);
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
