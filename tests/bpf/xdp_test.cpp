// What XDP does beside the stages it shares with TC: the note to TC, and redirecting straight to a device.
#include <algorithm>
#include <cstring>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "handover_note.h"

using namespace vpcd::test;

namespace {

struct XdpWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance neighbour = interface("10.0.1.11");
    Instance web = interface("10.0.1.10");

    Outcome arrives() { return receives(tunnelled(ENCAPSULATION_VXLAN, inner()), Via::kXdp); }
};

} // namespace

TEST_CASE("XDP tells TC which interface an uncovered frame is for", "[bpf][xdp]")
{
    XdpWorld world;
    const auto out = world.arrives();

    CHECK(out.verdict == kPassed);
    CHECK(out.bytes == inner().bytes());
    CHECK(out.metadata == note(VPCD_MARK, world.web.id));
}

TEST_CASE("XDP leaves no note on what it does not uncover", "[bpf][xdp]")
{
    XdpWorld world;
    CHECK(world.receives(carrier(), Via::kXdp).metadata.empty());
    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, inner(), 4711), Via::kXdp).metadata == note(0, 0)); // dropped
}

TEST_CASE("what finds no room for the note is left to TC whole: nothing is counted, no flow is written", "[bpf][xdp]")
{
    XdpWorld world;
    const auto packet = tunnelled(ENCAPSULATION_VXLAN, inner()).bytes();
    const Bytes full(world.datapath.most_metadata());
    REQUIRE(!full.empty());

    const auto out = measure(world.datapath, true,
                             [&] { return world.datapath.run(Program::kXdpUnderlay, packet, {.metadata = full}); });

    CHECK(out.verdict == kPassed);
    CHECK(out.bytes == packet);
    CHECK(std::ranges::all_of(out.counters, [](auto count) { return count == 0; }));
    CHECK(world.flow_keys().empty());
}

TEST_CASE("XDP redirects straight to a device only when host and device allow it", "[bpf][xdp]")
{
    XdpWorld world;
    const bool host_allows = GENERATE(false, true);
    const bool device_allows = GENERATE(false, true);
    CAPTURE(host_allows, device_allows);
    world.change_settings([&](auto& s) { s.xdp_redirect = host_allows; });
    if (device_allows)
        world.web.change([](auto& i) { i.flags |= INTERFACE_XDP_TARGET; });

    const auto out = world.arrives();

    const bool straight = host_allows && device_allows;
    CHECK(out.verdict == (straight ? kRedirected : kPassed));
    CHECK(out.bytes == inner().bytes());
    CHECK(out.metadata.empty() == straight);
    CHECK(out.counters[COUNTER_DECAPSULATED] == 1);
    CHECK(out.traffic[world.web.id].rx_packets == 1);
}

TEST_CASE("a host without settings leaves everything to the kernel", "[bpf][xdp]")
{
    XdpWorld world;
    world.change_settings([](auto& s) { s = {}; });
    CHECK(world.arrives().verdict == kPassed);
    CHECK(world.arrives().bytes == tunnelled(ENCAPSULATION_VXLAN, inner()).bytes());
    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, inner()), Via::kTc).verdict == kPassed);
}

TEST_CASE("a jumbo packet that spans several buffers of the driver is uncovered whole", "[bpf][xdp]")
{
    XdpWorld world;
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    const auto jumbo = inner().payload(7000);

    const auto out = world.receives(tunnelled(kind, jumbo), Via::kXdp);

    auto expected = Packet{jumbo};
    if (kind == ENCAPSULATION_GRE)
        expected.from_mac(kRouterMac);
    CHECK(out.verdict == kPassed);
    CHECK(out.bytes == expected.bytes());
    CHECK(out.traffic[world.web.id].rx_bytes == expected.bytes().size());
}

TEST_CASE("a jumbo packet is dropped with all its bytes counted", "[bpf][xdp]")
{
    XdpWorld world;
    const auto packet = tunnelled(ENCAPSULATION_VXLAN, inner().payload(7000), 4711);
    const auto out = world.receives(packet, Via::kXdp);
    CHECK(out.verdict == dropped(DROP_UNKNOWN_VNI));
    CHECK(out.dropped_bytes == packet.bytes().size());
}
