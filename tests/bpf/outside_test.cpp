// Public addresses: what leaves a VPC by one, and what the Internet sends to one.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "outside_world.h"

using namespace vpcd::test;

namespace {

// The same packet with another source, one hop further.
Packet translated(Packet packet, const char* from)
{
    return packet.from(from).ttl(63);
}

Packet asks_for(const char* address)
{
    return Packet{}.from_mac(kFarExternalMac).arp_request(kFarExternalMac, "203.0.113.1", address);
}

// Without the Ethernet header, which the kernel writes when it knows the neighbour.
Bytes ip_part(const Bytes& frame)
{
    return {frame.begin() + 14, frame.end()};
}

} // namespace

TEST_CASE("an instance sends to the Internet from its public address", "[bpf][outside]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto row = GENERATE(values<Row>({
        {"UDP", Packet{}.udp(5000, 53)},
        {"UDP without a checksum", Packet{}.udp(5000, 53).no_checksum()},
        {"TCP", Packet{}.tcp(5000, 443).flags(kSyn)},
        {"ping", Packet{}.icmp_echo(7, 1)},
        {"GRE", Packet{}.protocol(47)},
        {"an empty payload", Packet{}.udp(5000, 53).payload(0)},
        {"IP options", Packet{}.udp(5000, 53).ip_options(8)},
        {"a first fragment", Packet{}.udp(5000, 53).fragment(0, true)},
    }));
    OutsideWorld world;

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.web.sends(Packet{row.packet}.to(kClient));

        auto expected = translated(Packet{row.packet}.to(kClient), kWebPublic);
        CHECK(out.verdict == kRedirected);
        CHECK(ip_part(out.bytes) == ip_part(expected.bytes()));
        CHECK(out.counters[COUNTER_TRANSLATED_OUT] == 1);
        CHECK(world.counted(1).tx_packets == 1);
        CHECK(world.counted(1).tx_bytes == out.bytes.size());

        SECTION("and so does the next one")
        {
            const auto again = world.web.sends(Packet{row.packet}.to(kClient));
            CHECK(ip_part(again.bytes) == ip_part(out.bytes));
        }
    }
}

TEST_CASE("a later fragment leaves like its first one", "[bpf][outside]")
{
    OutsideWorld world;
    world.web.sends(Packet{}.to(kClient).udp(5000, 53).fragment(0, true));

    const auto out = world.web.sends(Packet{}.to(kClient).udp(5000, 53).fragment(64, false));

    CHECK(out.verdict == kRedirected);
    CHECK(ip_part(out.bytes) ==
          ip_part(translated(Packet{}.to(kClient).udp(5000, 53).fragment(64, false), kWebPublic).bytes()));
}

TEST_CASE("what another host serves goes there in a tunnel, for its gateway", "[bpf][outside]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    OutsideWorld world;
    const auto gateway = world.host("192.0.2.3", kind);
    world.goes_out_by("10.0.1.10", world.gateway(gateway));

    DYNAMIC_SECTION(name(kind))
    {
        const auto out = world.web.sends(Packet{}.to(kClient));

        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        REQUIRE(seen.inner);
        CHECK(seen.to == ipv4("192.0.2.3"));
        CHECK(seen.inner->from == ipv4("10.0.1.10"));
        CHECK(seen.inner->ttl == 63);
        if (kind == ENCAPSULATION_GRE) {
            CHECK(seen.vni == (kVpc | VPCD_GRE_OUTSIDE));
        } else {
            CHECK(seen.vni == kVpc);
            CHECK(seen.inner->to_mac == kGatewayMac);
        }
    }
}

TEST_CASE("a gateway takes out what another host's instance sends", "[bpf][outside]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    OutsideWorld world;
    const auto inner =
        Packet{}.from_mac(kRouterMac).to_mac(kGatewayMac).from("10.0.1.20").to(kClient).tcp(5000, 443).ttl(63);
    const auto vni = kind == ENCAPSULATION_GRE ? kVpc | VPCD_GRE_OUTSIDE : kVpc;

    DYNAMIC_SECTION(name(kind))
    {
        const auto out = world.receives(tunnelled(kind, inner, vni), Via::kTc);

        CHECK(out.verdict == kRedirected);
        CHECK(ip_part(out.bytes) == ip_part(Packet{inner}.from(kFarPublic).bytes()));
        CHECK(world.counted(2).tx_packets == 1);
        CHECK(world.flow_keys().empty());
    }
    DYNAMIC_SECTION(name(kind) << ", which XDP leaves to TC")
    {
        const auto packet = tunnelled(kind, inner, vni);
        const auto out = world.receives(packet, Via::kXdp);
        CHECK(out.verdict == kPassed);
        CHECK(out.bytes == packet.bytes());
    }
}

TEST_CASE("a gateway takes out only what is somebody's", "[bpf][outside]")
{
    OutsideWorld world;
    const auto sent = [](const char* from) { return Packet{}.from(from).to(kClient); };

    CHECK(world.relays(sent("10.0.1.30")).verdict == dropped(DROP_NO_PUBLIC));
    CHECK(world.relays(sent("10.0.1.20"), kOtherVpc).verdict == dropped(DROP_NO_PUBLIC));
    const auto stranger =
        carrier("192.0.2.77").no_checksum().udp(50000, 4789).vxlan(kVpc, sent("10.0.1.20").to_mac(kGatewayMac));
    CHECK(world.receives(stranger, Via::kTc).verdict == dropped(DROP_UNKNOWN_VTEP));
    world.change_settings([](auto& s) { s.external_ifindex = 0; });
    CHECK(world.relays(sent("10.0.1.20")).verdict == dropped(DROP_NO_GATEWAY));
}

TEST_CASE("an instance without a public address is told that no route leads out", "[bpf][outside]")
{
    OutsideWorld world;
    world.goes_out_by("10.0.1.10", 0);

    const auto out = world.web.sends(Packet{}.to(kClient));

    CHECK(out.verdict == refused(DROP_NO_ROUTE));
}

TEST_CASE("a route comes before the public address", "[bpf][outside]")
{
    OutsideWorld world;
    world.route("198.51.100.0/24", ROUTE_BLACKHOLE);

    CHECK(world.web.sends(Packet{}.to(kClient)).verdict == dropped(DROP_BLACKHOLE));
}

TEST_CASE("inside the VPC an instance keeps its private address", "[bpf][outside]")
{
    OutsideWorld world;

    const auto out = world.web.sends(Packet{}.to("10.0.1.20"));

    REQUIRE(view(out.bytes).inner);
    CHECK(view(out.bytes).inner->from == ipv4("10.0.1.10"));
}

TEST_CASE("what the Internet sends to a public address reaches the instance here", "[bpf][outside]")
{
    const bool is_own_device = GENERATE(true, false);
    OutsideWorld world;
    const auto packet = from_client(kWebPublic).tcp(6000, 443).flags(kSyn);

    DYNAMIC_SECTION((is_own_device ? "on its own device" : "on the underlay device"))
    {
        const auto out = is_own_device ? world.receives_from_outside(packet) : world.receives(packet, Via::kTc);

        CHECK(out.verdict == kRedirected);
        CHECK(out.bytes ==
              Packet{packet}.from_mac(kRouterMac).to_mac(mac_of("10.0.1.10")).to("10.0.1.10").ttl(63).bytes());
        CHECK(out.counters[COUNTER_TRANSLATED_IN] == 1);
        CHECK(out.traffic[world.web.id].rx_packets == 1);
        CHECK(world.counted(1).rx_packets == 1);

        SECTION("and the answer goes back, as one connection")
        {
            const auto answer = world.web.sends(Packet{}.to(kClient).tcp(443, 6000).flags(kSyn | kAck));
            CHECK(answer.verdict == kRedirected);
            CHECK(view(answer.bytes).from == ipv4(kWebPublic));
            CHECK(view(answer.bytes).checksums_right);
            world.receives_from_outside(from_client(kWebPublic).tcp(6000, 443));
            const auto data = world.receives_from_outside(from_client(kWebPublic).tcp(6000, 443));
            CHECK(data.verdict == kRedirected);
            CHECK(data.counters[COUNTER_FLOW_MISS] == 0);
            CHECK(world.flow_keys().size() == 2);
        }
    }
}

TEST_CASE("what the Internet sends to a public address of another host's instance goes there", "[bpf][outside]")
{
    OutsideWorld world;

    const auto out = world.receives_from_outside(from_client(kFarPublic).tcp(6000, 443).flags(kSyn).mss(1460));

    const auto seen = view(out.bytes);
    CHECK(out.verdict == kRedirected);
    REQUIRE(seen.inner);
    CHECK(seen.to == ipv4("192.0.2.2"));
    CHECK(seen.vni == kVpc);
    CHECK(seen.inner->to == ipv4("10.0.1.20"));
    CHECK(seen.inner->from == ipv4(kClient));
    CHECK(seen.inner->from_mac == kRouterMac);
    CHECK(seen.inner->to_mac == world.app.mac);
    CHECK(seen.inner->ttl == 63);
    CHECK(seen.inner->mss == kPathMtu - 50 - 40);
    CHECK(seen.inner->checksums_right);
    CHECK(world.counted(2).rx_packets == 1);
    CHECK(world.flow_keys().empty());
}

TEST_CASE("equal private addresses of two tenants have each their own public one", "[bpf][outside]")
{
    OutsideWorld world;
    world.vpc(kOtherVpc);
    const auto twin = world.interface("10.0.1.10", kOtherVpc);
    world.goes_out_by("10.0.1.10", world.gateway(0, kOtherVpc), kOtherVpc);
    world.serves("203.0.113.99", "10.0.1.10", kOtherVpc);

    CHECK(view(world.web.sends(Packet{}.to(kClient)).bytes).from == ipv4(kWebPublic));
    CHECK(view(twin.sends(Packet{}.to(kClient)).bytes).from == ipv4("203.0.113.99"));
    CHECK(world.receives_from_outside(from_client(kWebPublic)).traffic[world.web.id].rx_packets == 1);
    CHECK(world.receives_from_outside(from_client("203.0.113.99")).traffic[twin.id].rx_packets == 1);
}

TEST_CASE("what is for nobody's public address is the host's own business", "[bpf][outside]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto row = GENERATE(values<Row>({
        {"another address", from_client("203.0.113.77")},
        {"this host's own", from_client(kThisHost)},
        {"IPv6", from_client(kWebPublic).ether_type(0x86dd)},
        {"ARP for another address", Packet{}.arp_request(kFarExternalMac, "203.0.113.1", "203.0.113.77")},
        {"an ARP reply", Packet{}.arp(kArpReply, kFarExternalMac, "203.0.113.1", kExternalMac, kWebPublic)},
        {"a tunnel", vxlan(from_client("10.0.1.10").to_mac(mac_of("10.0.1.10")))},
    }));
    OutsideWorld world;

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.receives_from_outside(row.packet);
        CHECK(out.verdict == kPassed);
        CHECK(out.bytes == row.packet.bytes());
    }
}

TEST_CASE("a malformed packet for a public address goes no further", "[bpf][outside]")
{
    OutsideWorld world;

    CHECK(world.receives_from_outside(from_client(kWebPublic).ip_total_length(4000)).verdict ==
          dropped(DROP_MALFORMED));
    CHECK(world.receives_from_outside(from_client(kWebPublic).tcp(1, 2).truncate(40)).verdict ==
          dropped(DROP_MALFORMED));
}

TEST_CASE("who asks for a public address on the external device is told its MAC", "[bpf][outside]")
{
    OutsideWorld world;

    const auto out = world.receives_from_outside(asks_for(kWebPublic));

    CHECK(out.verdict == kRedirected);
    CHECK(out.bytes == Packet{}
                           .from_mac(kExternalMac)
                           .to_mac(kFarExternalMac)
                           .arp(kArpReply, kExternalMac, kWebPublic, kFarExternalMac, "203.0.113.1")
                           .bytes());
    CHECK(out.counters[COUNTER_ARP_REPLY] == 1);

    SECTION("unless it is announced by routes")
    {
        public_address row{};
        const public_key key{to_address(ipv4(kWebPublic))};
        REQUIRE(world.datapath.get("publics", key, row));
        row.flags = PUBLIC_WHOLE;
        world.datapath.put("publics", key, row);
        CHECK(world.receives_from_outside(asks_for(kWebPublic)).verdict == kPassed);
    }
}

TEST_CASE("an instance reaches a public address of its own host without leaving it", "[bpf][outside]")
{
    OutsideWorld world;

    const auto out = world.web.sends(Packet{}.to(kFarPublic));

    CHECK(out.verdict == kRedirected);
    CHECK(view(out.bytes).to_mac == kExternalMac);
    CHECK(view(out.bytes).from == ipv4(kWebPublic));
    CHECK(view(out.bytes).to == ipv4(kFarPublic));
}
