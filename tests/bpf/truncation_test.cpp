// Every packet kind cut at every length: never a crash, always counted, and nothing is forwarded that claims more
// than it has.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

// BPF_PROG_TEST_RUN takes nothing shorter: in XDP an Ethernet header, in TC one more byte, and all of an IP header.
constexpr std::size_t kShortestXdp = 14, kShortestTc = 15, kShortestTcIp = 14 + 20;

struct Row {
    const char* name;
    Packet packet;
};

std::vector<Row> from_instances()
{
    const auto base = Packet{}.to("10.0.1.11");
    return {
        {"UDP", Packet{base}},
        {"TCP", Packet{base}.tcp(1, 2)},
        {"TCP SYN with options", Packet{base}.tcp(1, 2).flags(kSyn).mss(9000)},
        {"ICMP echo", Packet{base}.icmp_echo(1, 1)},
        {"IP options", Packet{base}.ip_options(40)},
        {"a fragment", Packet{base}.fragment(64, true)},
        {"ARP", Packet{}.arp_request(mac_of("10.0.1.10"), "10.0.1.10", "10.0.1.1")},
    };
}

Packet inner()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of("10.0.1.10")).from("10.0.1.20").to("10.0.1.10");
}

std::vector<Row> from_the_underlay()
{
    return {
        {"VXLAN", tunnelled(ENCAPSULATION_VXLAN, inner())},
        {"VXLAN with TCP inside", tunnelled(ENCAPSULATION_VXLAN, inner().tcp(1, 2).mss(1460))},
        {"Geneve", tunnelled(ENCAPSULATION_GENEVE, inner())},
        {"Geneve with options",
         carrier().no_checksum().udp(50000, 6081).geneve(kVpc, inner(), {.options = Bytes(16, 0)})},
        {"GRE", tunnelled(ENCAPSULATION_GRE, inner())},
    };
}

} // namespace

TEST_CASE("a packet of an instance may be cut anywhere", "[bpf][truncation]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    web.sends(Packet{}.to("10.0.1.11").fragment(0, true));

    for (const auto& row : from_instances()) {
        const auto whole = web.complete(row.packet).size();
        const bool arp = std::string_view{row.name} == "ARP";
        for (auto length = arp ? kShortestTc : kShortestTcIp; length < whole; length++) {
            CAPTURE(row.name, length);
            const auto out = web.sends(Packet{row.packet}.truncate(length));
            CHECK(out.verdict == dropped(DROP_MALFORMED));
            CHECK(out.bytes.size() == length);
        }
        CAPTURE(row.name);
        CHECK(web.sends(Packet{row.packet}.truncate(whole)).verdict == kRedirected);
    }
}

TEST_CASE("a tunnel packet may be cut anywhere", "[bpf][truncation]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    Underlay world;
    world.interface("10.0.1.10");
    world.host("192.0.2.2");

    for (const auto& row : from_the_underlay()) {
        world.change_settings([&](auto& s) { s.encapsulation = kind_of(row.name); });
        const auto whole = row.packet.bytes().size();
        // GRE is told from others' packets by the IP header alone, UDP needs its port.
        const auto told = 14u + 20u + (std::string_view{row.name} == "GRE" ? 0 : 8);
        for (auto length = via == Via::kXdp ? kShortestXdp : kShortestTcIp; length < whole; length++) {
            CAPTURE(row.name, length);
            const auto out = world.receives(Packet{row.packet}.truncate(length), via);
            // The kernel's business while it cannot be told from others' packets; then ours, and broken.
            if (out.verdict != dropped(DROP_MALFORMED))
                CHECK(out.verdict == (length < told ? kPassed : dropped(DROP_TUNNEL_MALFORMED)));
        }
        CAPTURE(row.name);
        CHECK(world.receives(row.packet, via).verdict == (via == Via::kTc ? kRedirected : kPassed));
    }
}

TEST_CASE("an inner packet from the kernel's tunnel device may be cut anywhere", "[bpf][truncation]")
{
    Underlay world;
    world.interface("10.0.1.10");
    world.host("192.0.2.2");

    const auto whole = inner().bytes().size();
    for (auto length = kShortestTcIp; length < whole; length++) {
        CAPTURE(length);
        CHECK(world.receives_from_tunnel(inner().truncate(length), kVpc, "192.0.2.2").verdict ==
              dropped(DROP_MALFORMED));
    }
    CHECK(world.receives_from_tunnel(inner(), kVpc, "192.0.2.2").verdict == kRedirected);
}
