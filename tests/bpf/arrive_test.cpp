// Tunnel packets of other hosts, in TC and in XDP by the same rows: what is delivered, what is ours to drop, what is
// the host's own business.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "arrive_world.h"

using namespace vpcd::test;

TEST_CASE("a tunnel packet arrives as the instance's neighbour sent it", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    const auto row = GENERATE(values<Row>({
        {"UDP", arriving()},
        {"TCP", arriving().tcp(1, 2).mss(8960).flags(kSyn)},
        {"ping", arriving().icmp_echo(1, 1)},
        {"an ICMP error", arriving().icmp(3, 4, 0, 1400).quoting(Packet{}.from(kInstance).to("10.0.1.20"))},
        {"a later fragment", arriving().udp(7, 7).fragment(64, false)},
        {"IP options", arriving().ip_options(40)},
        {"an empty payload", arriving().payload(0)},
        {"nothing but an IP header", arriving().protocol(132).payload(0)},
        {"1400 bytes", arriving().payload(1400)},
    }));
    ArriveWorld world;
    world.web.sends(Packet{}.to("10.0.1.20")); // what the error is about
    world.receives(tunnelled(kind, arriving().udp(7, 7).fragment(0, true)), via);

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << name(kind) << ", " << row.name)
    {
        const auto out = world.receives(tunnelled(kind, row.packet), via);

        auto expected = Packet{row.packet};
        if (kind == ENCAPSULATION_GRE) // carries no MAC: the router has brought it
            expected.from_mac(kRouterMac);
        CHECK(out.verdict == delivered(via));
        CHECK(out.bytes == expected.bytes());
        CHECK(out.counters[COUNTER_DECAPSULATED] == 1);
        CHECK(out.traffic[world.web.id].rx_packets == 1);
        CHECK(out.traffic[world.web.id].rx_bytes == expected.bytes().size());

        SECTION("and so does the next one")
        {
            const std::string_view which{row.name};
            const bool always_decided = which == "an ICMP error" || which == "TCP"; // a SYN
            const auto again = world.receives(tunnelled(kind, row.packet), via);
            CHECK(again.bytes == out.bytes);
            CHECK(again.counters[COUNTER_FLOW_MISS] == always_decided);
        }
    }
}

TEST_CASE("headers of the underlay decide what is ours", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        Packet packet;
        std::optional<Verdict> verdict; // none: delivered
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto row = GENERATE(values<Row>({
        {"for another address of this host", vxlan(arriving()).to("192.0.2.9"), kPassed},
        {"another UDP port", carrier().udp(50000, 4790), kPassed},
        {"TCP to the tunnel's port", carrier().tcp(50000, 4789), kPassed},
        {"ping", carrier().icmp_echo(1, 1), kPassed},
        {"ESP", carrier().protocol(50), kPassed},
        {"ARP", Packet{}.arp_request(kFarUnderlayMac, "192.0.2.2", kThisHost), kPassed},
        {"IPv6", carrier().ether_type(0x86dd), kPassed},
        {"a VLAN tag", vxlan(arriving()).vlan(5), kPassed},
        {"outer IP options", vxlan(arriving()).ip_options(4), kPassed},
        {"a first outer fragment", vxlan(arriving()).fragment(0, true), kPassed},
        {"a later outer fragment", vxlan(arriving()).fragment(64, false), kPassed},
        {"a UDP checksum", carrier().udp(50000, 4789).vxlan(kVpc, arriving()), {}},
        {"any source port", carrier().no_checksum().udp(1, 4789).vxlan(kVpc, arriving()), {}},
        {"without don't-fragment", vxlan(arriving()).df(false), {}},
        {"an outer time to live of 1", vxlan(arriving()).ttl(1), {}},
        {"VXLAN without its I flag", vxlan(arriving(), kVpc, 0), dropped(DROP_TUNNEL_MALFORMED)},
        {"VXLAN with every flag but I", vxlan(arriving(), kVpc, 0xf7), dropped(DROP_TUNNEL_MALFORMED)},
        {"VXLAN with reserved flags set, ignored on receipt", vxlan(arriving(), kVpc, 0xff), {}},
        {"Geneve with an option", geneve(arriving(), {.options = Bytes(4, 0)}), {}},
        {"Geneve with as many options as there can be", geneve(arriving(), {.options = Bytes(252, 0)}), {}},
        {"Geneve with a critical option", geneve(arriving(), {.critical = true, .options = Bytes(4, 0)}),
         dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve control", geneve(arriving(), {.control = true}), dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve of another version", geneve(arriving(), {.version = 1}), dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve that carries IP", geneve(arriving(), {.protocol = 0x0800}), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE without a key", carrier().gre(0, arriving(), 0), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a checksum", carrier().gre(kVpc, arriving(), 0xa000), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a sequence number", carrier().gre(kVpc, arriving(), 0x3000), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE of version 1", carrier().gre(kVpc, arriving(), 0x2001), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a key of 28 bits", carrier().gre(0x8000000 | kVpc, arriving()), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE that carries IPv6", carrier().gre(kVpc, arriving(), 0x2000, 0x86dd), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE that carries Ethernet", carrier().gre(kVpc, arriving(), 0x2000, 0x6558),
         dropped(DROP_TUNNEL_MALFORMED)},
    }));
    ArriveWorld world;

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << row.name)
    {
        world.change_settings([&](auto& s) { s.encapsulation = kind_of(row.name); });

        const auto out = world.receives(row.packet, via);

        CHECK(out.verdict == row.verdict.value_or(delivered(via)));
        if (row.verdict) // untouched
            CHECK(out.bytes == row.packet.bytes());
        else
            CHECK(out.bytes == arriving().bytes());
    }
}

TEST_CASE("tunnels of the host's own, in an encapsulation that is not ours, pass", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto row = GENERATE(values<Row>({
        {"Geneve of a stranger", tunnelled(ENCAPSULATION_GENEVE, arriving(), kVpc, "192.0.2.66")},
        {"Geneve of a stranger, with IPv6 inside",
         tunnelled(ENCAPSULATION_GENEVE, arriving().ether_type(0x86dd), kVpc, "192.0.2.66")},
        {"Geneve with an option we do not know", geneve(arriving(), {.critical = true, .options = Bytes(4, 0)})},
        {"Geneve control", geneve(arriving(), {.control = true})},
        {"GRE of a stranger", tunnelled(ENCAPSULATION_GRE, arriving(), kVpc, "192.0.2.66")},
        {"GRE without a key", carrier().gre(0, arriving(), 0)},
        {"GRE that carries IPv6", carrier().gre(kVpc, arriving(), 0x2000, 0x86dd)},
    }));
    ArriveWorld world; // receives VXLAN

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << row.name)
    {
        const auto out = world.receives(row.packet, via);

        CHECK(out.verdict == kPassed);
        CHECK(out.bytes == row.packet.bytes());
    }
}

TEST_CASE("what the tunnel carries decides who gets it", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        Packet packet;
        drop_reason reason;
        std::uint32_t vpc; // under which it is counted
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto row = GENERATE(values<Row>({
        {"an unknown VNI", vxlan(arriving(), 4711), DROP_UNKNOWN_VNI, 0},
        {"VNI 0", vxlan(arriving(), 0), DROP_UNKNOWN_VNI, 0},
        {"an unknown sender", tunnelled(ENCAPSULATION_VXLAN, arriving(), kVpc, "192.0.2.66"), DROP_UNKNOWN_VTEP,
         kVpc},
        {"an unknown sender with an unknown VNI", tunnelled(ENCAPSULATION_VXLAN, arriving(), 4711, "192.0.2.66"),
         DROP_UNKNOWN_VTEP, 0},
        {"this host's own address as the sender", tunnelled(ENCAPSULATION_VXLAN, arriving(), kVpc, kThisHost),
         DROP_UNKNOWN_VTEP, kVpc},
        {"an inner MAC nobody here has", vxlan(arriving().to_mac(mac_of("10.0.1.99"))), DROP_NOT_LOCAL, kVpc},
        {"the MAC of an instance elsewhere", vxlan(arriving().to_mac(mac_of("10.0.1.20"))), DROP_NOT_LOCAL, kVpc},
        {"the router's MAC", vxlan(arriving().to_mac(kRouterMac)), DROP_NOT_LOCAL, kVpc},
        {"the MAC of an instance in another VPC", vxlan(arriving().to_mac(mac_of("10.0.1.30"))), DROP_NOT_LOCAL,
         kVpc},
        {"a MAC whose last four bytes are an instance's", vxlan(arriving().to_mac(parse_mac("06:aa:0a:00:01:0a"))),
         DROP_NOT_LOCAL, kVpc},
        {"a broadcast MAC", vxlan(arriving().to_mac(parse_mac("ff:ff:ff:ff:ff:ff"))), DROP_NOT_LOCAL, kVpc},
        {"GRE for an address elsewhere", carrier().gre(kVpc, arriving().to("10.0.1.20")), DROP_NOT_LOCAL, kVpc},
        {"GRE for an address nobody has", carrier().gre(kVpc, arriving().to("10.0.1.99")), DROP_NOT_LOCAL, kVpc},
        {"GRE for the gateway", carrier().gre(kVpc, arriving().to("10.0.1.1")), DROP_NOT_LOCAL, kVpc},
        {"inner ARP",
         vxlan(Packet{}.from_mac(mac_of("10.0.1.20")).arp_request(mac_of("10.0.1.20"), "10.0.1.20", kInstance)),
         DROP_NOT_IP, kVpc},
        {"inner IPv6", vxlan(arriving().ether_type(0x86dd)), DROP_IPV6, kVpc},
        {"an inner VLAN tag", vxlan(arriving().vlan(5)), DROP_NOT_IP, kVpc},
        {"an inner IP header of a wrong version", vxlan(arriving().ip_version(6)), DROP_MALFORMED, kVpc},
        {"an inner IP packet longer than its tunnel packet", vxlan(arriving().ip_total_length(500)), DROP_MALFORMED,
         kVpc},
        {"inner multicast", vxlan(arriving().to("224.0.0.5")), DROP_MULTICAST, kVpc},
        {"inner broadcast", carrier().gre(kVpc, arriving().to("255.255.255.255")), DROP_MULTICAST, kVpc},
    }));
    ArriveWorld world;
    world.vpc(kOtherVpc);
    world.interface("10.0.1.30", kOtherVpc);

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << row.name)
    {
        const auto out = world.receives(row.packet, via);

        CHECK(out.verdict == dropped(row.reason));
        REQUIRE(out.drop);
        CHECK(out.drop->vpc == row.vpc);
        CHECK(out.drop->interface == 0);
        CHECK(out.counters[COUNTER_DECAPSULATED] == 0);
        CHECK(world.flow_keys().empty());

        SECTION("also while the instance has a flow of the same addresses")
        {
            REQUIRE(world.receives(vxlan(arriving()), via).verdict == delivered(via));
            CHECK(world.receives(row.packet, via).verdict == dropped(row.reason));
        }
    }
}
