// What the parser makes of frames that are not a plain UDP or TCP packet.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/packet_view.h"
#include "underlay.h"

using namespace vpcd::test;

namespace {

struct Row {
    const char* name;
    Packet packet;
    Verdict verdict;
};

Packet to_neighbour()
{
    return Packet{}.to("10.0.1.11");
}

} // namespace

TEST_CASE("only whole IPv4 packets for one receiver are forwarded", "[bpf][parse]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    web.sends(to_neighbour().fragment(0, true)); // the first ones of the later ones below
    web.sends(to_neighbour().tcp(1, 2).fragment(0, true));

    const auto row = GENERATE(values<Row>({
        {"UDP", to_neighbour(), kRedirected},
        {"TCP", to_neighbour().tcp(1, 2), kRedirected},
        {"a protocol without ports", to_neighbour().protocol(132), kRedirected},
        {"UDP with an empty payload", to_neighbour().payload(0), kRedirected},
        {"IP options", to_neighbour().ip_options(4), kRedirected},
        {"as many IP options as there can be", to_neighbour().ip_options(40), kRedirected},
        {"TCP after IP options", to_neighbour().ip_options(40).tcp(1, 2).mss(1000), kRedirected},
        {"a first fragment", to_neighbour().fragment(0, true), kRedirected},
        {"a middle fragment", to_neighbour().fragment(64, true), kRedirected},
        {"a last fragment", to_neighbour().fragment(128, false), kRedirected},
        {"a later fragment shorter than any header", to_neighbour().tcp(1, 2).fragment(64, false).payload(1),
         kRedirected},
        {"padding after the packet", to_neighbour().payload(0).pad(60), kRedirected},
        {"a total length of 0, as very big GSO packets have", to_neighbour().ip_total_length(0), kRedirected},
        {"an ICMP message that is no echo", to_neighbour().icmp(13, 0), kRedirected},
        {"a header of 0 words", to_neighbour().ip_header_words(0), dropped(DROP_MALFORMED)},
        {"a header of 4 words", to_neighbour().ip_header_words(4), dropped(DROP_MALFORMED)},
        {"a header longer than the packet", to_neighbour().protocol(132).payload(0).ip_header_words(15),
         dropped(DROP_MALFORMED)},
        {"options over the end of the packet", to_neighbour().payload(0).ip_header_words(8), dropped(DROP_MALFORMED)},
        {"version 6 in an IPv4 frame", to_neighbour().ip_version(6), dropped(DROP_MALFORMED)},
        {"version 0", to_neighbour().ip_version(0), dropped(DROP_MALFORMED)},
        {"a total length beyond the frame", to_neighbour().ip_total_length(1000), dropped(DROP_MALFORMED)},
        {"a total length one beyond the frame", to_neighbour().payload(8).ip_total_length(37),
         dropped(DROP_MALFORMED)},
        {"a total length below the header", to_neighbour().ip_total_length(19), dropped(DROP_MALFORMED)},
        {"a total length below the header with options", to_neighbour().ip_options(8).ip_total_length(27),
         dropped(DROP_MALFORMED)},
        {"TCP from its 8th byte on, where the flags are", to_neighbour().tcp(1, 2).fragment(8, false),
         dropped(DROP_MALFORMED)},
        {"TCP of 12 bytes", to_neighbour().protocol(6).payload(12), dropped(DROP_MALFORMED)},
        {"UDP of 7 bytes", to_neighbour().protocol(17).payload(7), dropped(DROP_MALFORMED)},
        {"ICMP of 7 bytes", to_neighbour().protocol(1).payload(7), dropped(DROP_MALFORMED)},
        {"IPv6", to_neighbour().ether_type(0x86dd), dropped(DROP_IPV6)},
        {"a VLAN tag", to_neighbour().vlan(5), dropped(DROP_NOT_IP)},
        {"an unknown EtherType", to_neighbour().ether_type(0x88cc), dropped(DROP_NOT_IP)},
        {"a length field in place of the EtherType", to_neighbour().ether_type(64), dropped(DROP_NOT_IP)},
        {"limited broadcast", Packet{}.to("255.255.255.255"), dropped(DROP_MULTICAST)},
        {"the lowest multicast address", Packet{}.to("224.0.0.0"), dropped(DROP_MULTICAST)},
        {"the highest multicast address", Packet{}.to("239.255.255.255"), dropped(DROP_MULTICAST)},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = web.sends(row.packet);
        CHECK(out.verdict == row.verdict);
    }
}

TEST_CASE("a forwarded packet keeps every byte behind the Ethernet header", "[bpf][parse]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto neighbour = world.interface("10.0.1.11");
    web.sends(to_neighbour().fragment(0, true));

    const auto row = GENERATE(values<Row>({
        {"UDP", to_neighbour(), kRedirected},
        {"TCP with options", to_neighbour().tcp(1, 2).flags(kSyn).mss(8960), kRedirected},
        {"IP options", to_neighbour().ip_options(40), kRedirected},
        {"a first fragment", to_neighbour().fragment(0, true), kRedirected},
        {"a last fragment", to_neighbour().fragment(128, false), kRedirected},
        {"padding", to_neighbour().payload(0).pad(60), kRedirected},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = web.sends(row.packet);
        CHECK(out.bytes == web.complete(Packet{row.packet}.to_mac(neighbour.mac)));
    }
}

TEST_CASE("addresses just outside multicast are routed like any other", "[bpf][parse]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");

    CHECK(web.sends(Packet{}.to("223.255.255.255")).verdict == refused(DROP_NO_ROUTE));
    CHECK(web.sends(Packet{}.to("240.0.0.0")).verdict == refused(DROP_NO_ROUTE));
}
