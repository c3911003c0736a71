// to_interface: only what our programs send reaches an instance.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "underlay.h"

using namespace vpcd::test;

TEST_CASE("what our programs send passes, its mark taken off", "[bpf][guard]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto packet = Packet{}.to("10.0.1.10");

    const auto out = web.guards(packet, VPCD_MARK);

    CHECK(out.verdict == kPassed);
    CHECK(out.mark == 0);
    CHECK(out.bytes == packet.bytes());
}

TEST_CASE("what the host's own stack sends is dropped and counted", "[bpf][guard]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const std::uint32_t mark = GENERATE(0u, 1u, VPCD_MARK ^ 1u, 0xffffffffu);
    CAPTURE(mark);
    for (const auto& packet : {Packet{}.to("10.0.1.10"), Packet{}.arp_request(kRouterMac, "10.0.1.1", "10.0.1.10"),
                               Packet{}.ether_type(0x86dd), Packet{}.to("224.0.0.251").udp(5353, 5353)}) {
        const auto out = web.guards(packet, mark);

        CHECK(out.verdict == dropped(DROP_HOST_STACK));
        CHECK(out.drop->vpc == kVpc);
        CHECK(out.drop->interface == web.id);
        CHECK(out.dropped_bytes == packet.bytes().size());
    }
}

TEST_CASE("a device that belongs to nobody is guarded too", "[bpf][guard]")
{
    Underlay world;
    auto web = world.interface("10.0.1.10");
    world.datapath.erase("devices", device_key{web.ifindex});

    const auto out = web.guards(Packet{}, 0);

    CHECK(out.verdict == dropped(DROP_HOST_STACK));
    CHECK(out.drop->vpc == 0);
    CHECK(out.drop->interface == 0);
}

TEST_CASE("what a device sends that belongs to nobody goes nowhere", "[bpf][guard]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");

    SECTION("no such device")
    {
        world.datapath.erase("devices", device_key{web.ifindex});
    }
    SECTION("its interface's slot is empty")
    {
        web.change([](auto& i) { i = {}; });
    }

    const auto out = web.sends(Packet{}.to("10.0.1.11"));
    CHECK(out.verdict == dropped(DROP_UNKNOWN_DEVICE));
    CHECK(out.drop->vpc == 0);
}
