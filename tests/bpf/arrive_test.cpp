// Tunnel packets of other hosts, in TC and in XDP by the same rows: what is delivered, what is ours to drop, what is
// the host's own business.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <arpa/inet.h>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

constexpr auto kKinds = {ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE};
constexpr const char* kInstance = "10.0.1.10";

// From an instance on 192.0.2.2 for the one here.
Packet inner()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of(kInstance)).from("10.0.1.20").to(kInstance);
}

struct ArriveWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance web = interface(kInstance);
    Remote remote = far("10.0.1.20", other);
};

Verdict delivered(Via via)
{
    return via == Via::kTc ? kRedirected : kPassed; // XDP passes it on to TC, uncovered
}

Packet vxlan(const Packet& carried, std::uint32_t vni = kVpc, std::uint8_t flags = 8)
{
    return carrier().no_checksum().udp(50000, 4789).vxlan(vni, carried, flags);
}

Packet geneve(const Packet& carried, const Geneve& header)
{
    return carrier().no_checksum().udp(50000, 6081).geneve(kVpc, carried, header);
}

} // namespace

TEST_CASE("a tunnel packet arrives as the instance's neighbour sent it", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    const auto row = GENERATE(values<Row>({
        {"UDP", inner()},
        {"TCP", inner().tcp(1, 2).mss(8960).flags(kSyn)},
        {"ping", inner().icmp_echo(1, 1)},
        {"an ICMP error", inner().icmp(3, 4, 0, 1400)},
        {"a later fragment", inner().fragment(64, false)},
        {"IP options", inner().ip_options(40)},
        {"an empty payload", inner().payload(0)},
        {"nothing but an IP header", inner().protocol(132).payload(0)},
        {"1400 bytes", inner().payload(1400)},
    }));
    ArriveWorld world;

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
            const bool untracked = std::string_view{row.name} == "an ICMP error";
            const auto again = world.receives(tunnelled(kind, row.packet), via);
            CHECK(again.bytes == out.bytes);
            CHECK(again.counters[COUNTER_FLOW_MISS] == untracked);
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
        {"for another address of this host", vxlan(inner()).to("192.0.2.9"), kPassed},
        {"another UDP port", carrier().udp(50000, 4790), kPassed},
        {"TCP to the tunnel's port", carrier().tcp(50000, 4789), kPassed},
        {"ping", carrier().icmp_echo(1, 1), kPassed},
        {"ESP", carrier().protocol(50), kPassed},
        {"ARP", Packet{}.arp_request(kFarUnderlayMac, "192.0.2.2", kThisHost), kPassed},
        {"IPv6", carrier().ether_type(0x86dd), kPassed},
        {"a VLAN tag", vxlan(inner()).vlan(5), kPassed},
        {"outer IP options", vxlan(inner()).ip_options(4), kPassed},
        {"a first outer fragment", vxlan(inner()).fragment(0, true), kPassed},
        {"a later outer fragment", vxlan(inner()).fragment(64, false), kPassed},
        {"a UDP checksum", carrier().udp(50000, 4789).vxlan(kVpc, inner()), {}},
        {"any source port", carrier().no_checksum().udp(1, 4789).vxlan(kVpc, inner()), {}},
        {"without don't-fragment", vxlan(inner()).df(false), {}},
        {"an outer time to live of 1", vxlan(inner()).ttl(1), {}},
        {"VXLAN without its I flag", vxlan(inner(), kVpc, 0), dropped(DROP_TUNNEL_MALFORMED)},
        {"VXLAN with every flag but I", vxlan(inner(), kVpc, 0xf7), dropped(DROP_TUNNEL_MALFORMED)},
        {"VXLAN with reserved flags set, ignored on receipt", vxlan(inner(), kVpc, 0xff), {}},
        {"Geneve with an option", geneve(inner(), {.options = Bytes(4, 0)}), {}},
        {"Geneve with as many options as there can be", geneve(inner(), {.options = Bytes(252, 0)}), {}},
        {"Geneve with a critical option", geneve(inner(), {.critical = true, .options = Bytes(4, 0)}),
         dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve control", geneve(inner(), {.control = true}), dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve of another version", geneve(inner(), {.version = 1}), dropped(DROP_TUNNEL_MALFORMED)},
        {"Geneve that carries IP", geneve(inner(), {.protocol = 0x0800}), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE without a key", carrier().gre(0, inner(), 0), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a checksum", carrier().gre(kVpc, inner(), 0xa000), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a sequence number", carrier().gre(kVpc, inner(), 0x3000), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE of version 1", carrier().gre(kVpc, inner(), 0x2001), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE with a key of 25 bits", carrier().gre(0x1000000 | kVpc, inner()), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE that carries IPv6", carrier().gre(kVpc, inner(), 0x2000, 0x86dd), dropped(DROP_TUNNEL_MALFORMED)},
        {"GRE that carries Ethernet", carrier().gre(kVpc, inner(), 0x2000, 0x6558), dropped(DROP_TUNNEL_MALFORMED)},
    }));
    ArriveWorld world;

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << row.name)
    {
        const auto out = world.receives(row.packet, via);

        CHECK(out.verdict == row.verdict.value_or(delivered(via)));
        if (row.verdict) // untouched
            CHECK(out.bytes == row.packet.bytes());
        else
            CHECK(out.bytes == inner().bytes());
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
        {"an unknown VNI", vxlan(inner(), 4711), DROP_UNKNOWN_VNI, 0},
        {"VNI 0", vxlan(inner(), 0), DROP_UNKNOWN_VNI, 0},
        {"an unknown sender", tunnelled(ENCAPSULATION_VXLAN, inner(), kVpc, "192.0.2.66"), DROP_UNKNOWN_VTEP, kVpc},
        {"an unknown sender with an unknown VNI", tunnelled(ENCAPSULATION_VXLAN, inner(), 4711, "192.0.2.66"),
         DROP_UNKNOWN_VTEP, 0},
        {"this host's own address as the sender", tunnelled(ENCAPSULATION_VXLAN, inner(), kVpc, kThisHost),
         DROP_UNKNOWN_VTEP, kVpc},
        {"an inner MAC nobody here has", vxlan(inner().to_mac(mac_of("10.0.1.99"))), DROP_NOT_LOCAL, kVpc},
        {"the MAC of an instance elsewhere", vxlan(inner().to_mac(mac_of("10.0.1.20"))), DROP_NOT_LOCAL, kVpc},
        {"the router's MAC", vxlan(inner().to_mac(kRouterMac)), DROP_NOT_LOCAL, kVpc},
        {"the MAC of an instance in another VPC", vxlan(inner().to_mac(mac_of("10.0.1.30"))), DROP_NOT_LOCAL, kVpc},
        {"a MAC whose last four bytes are an instance's", vxlan(inner().to_mac(parse_mac("06:aa:0a:00:01:0a"))),
         DROP_NOT_LOCAL, kVpc},
        {"a broadcast MAC", vxlan(inner().to_mac(parse_mac("ff:ff:ff:ff:ff:ff"))), DROP_NOT_LOCAL, kVpc},
        {"GRE for an address elsewhere", carrier().gre(kVpc, inner().to("10.0.1.20")), DROP_NOT_LOCAL, kVpc},
        {"GRE for an address nobody has", carrier().gre(kVpc, inner().to("10.0.1.99")), DROP_NOT_LOCAL, kVpc},
        {"GRE for the gateway", carrier().gre(kVpc, inner().to("10.0.1.1")), DROP_NOT_LOCAL, kVpc},
        {"inner ARP",
         vxlan(Packet{}.from_mac(mac_of("10.0.1.20")).arp_request(mac_of("10.0.1.20"), "10.0.1.20", kInstance)),
         DROP_NOT_IP, kVpc},
        {"inner IPv6", vxlan(inner().ether_type(0x86dd)), DROP_IPV6, kVpc},
        {"an inner VLAN tag", vxlan(inner().vlan(5)), DROP_NOT_IP, kVpc},
        {"an inner IP header of a wrong version", vxlan(inner().ip_version(6)), DROP_MALFORMED, kVpc},
        {"an inner IP packet longer than its tunnel packet", vxlan(inner().ip_total_length(500)), DROP_MALFORMED,
         kVpc},
        {"inner multicast", vxlan(inner().to("224.0.0.5")), DROP_MULTICAST, kVpc},
        {"inner broadcast", carrier().gre(kVpc, inner().to("255.255.255.255")), DROP_MULTICAST, kVpc},
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
            REQUIRE(world.receives(vxlan(inner()), via).verdict == delivered(via));
            CHECK(world.receives(row.packet, via).verdict == dropped(row.reason));
        }
    }
}

TEST_CASE("an encapsulation we do not receive is dropped from known hosts' strangers only if it is ours",
          "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto ours = GENERATE(values(kKinds));
    const auto theirs = GENERATE(values(kKinds));
    CAPTURE(name(ours), name(theirs));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = ours; });

    const auto out = world.receives(tunnelled(theirs, inner(), kVpc, "192.0.2.66"), via);

    CHECK(out.verdict == (ours == theirs ? dropped(DROP_UNKNOWN_VTEP) : kPassed));
}

TEST_CASE("a flow does not make a stranger believed", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(inner()), via).verdict == delivered(via));

    CHECK(world.receives(tunnelled(ENCAPSULATION_VXLAN, inner(), kVpc, "192.0.2.66"), via).verdict ==
          dropped(DROP_UNKNOWN_VTEP));
    CHECK(world.receives(vxlan(inner()), via).counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("a host that is taken off the list is not believed any more, flows or not", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(inner()), via).verdict == delivered(via));

    world.datapath.erase("vteps", vtep_key{to_address(ipv4("192.0.2.2"))});
    world.change_host(world.other, [](auto& h) { h = {}; });

    CHECK(world.receives(vxlan(inner()), via).verdict == dropped(DROP_UNKNOWN_VTEP));
}

TEST_CASE("an instance that moved between two known hosts is heard from the new one", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.host("192.0.2.3");
    REQUIRE(world.receives(vxlan(inner()), via).verdict == delivered(via));

    const auto moved = tunnelled(ENCAPSULATION_VXLAN, inner(), kVpc, "192.0.2.3");
    CHECK(world.receives(moved, via).counters[COUNTER_FLOW_MISS] == 1);
    CHECK(world.receives(moved, via).counters[COUNTER_FLOW_MISS] == 0);
}

TEST_CASE("two instances whose MACs share their last bytes get each their own packets", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    const auto twin = world.interface("10.0.1.11");
    const auto twin_mac = parse_mac("06:aa:0a:00:01:0a");
    world.datapath.put("stations", station_key{.vpc = kVpc, .mac = to_mac(twin_mac), .pad = 0},
                       station{twin.next_hop});
    world.change_next_hop(twin.next_hop, [&](auto& n) { n.mac = to_mac(twin_mac); });

    for (int round = 0; round < 2; round++) {
        CHECK(world.receives(vxlan(inner()), via).traffic[world.web.id].rx_packets == 1);
        CHECK(world.receives(vxlan(inner().to_mac(twin_mac)), via).traffic[twin.id].rx_packets == 1);
    }
}

TEST_CASE("congestion on the underlay is told to who understands it (RFC 6040)", "[bpf][arrive]")
{
    struct Row {
        const char* name;
        std::uint8_t outer, inner;
        int arrives; // -1: dropped
    };
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    const auto row = GENERATE(values<Row>({
        {"none, not capable", 0, 0, 0},
        {"none, capable", 2, 2, 2},
        {"marked inside only", 2, 3, 3},
        {"marked, ECT(0)", 3, 2, 3},
        {"marked, ECT(1)", 3, 1, 3},
        {"marked twice", 3, 3, 3},
        {"marked, the sender is not capable", 3, 0, -1},
        {"marked, with a traffic class", 3, 0xba, 0xbb},
        {"a traffic class outside alone does not matter", 0xb8, 0x20, 0x20},
    }));
    ArriveWorld world;

    DYNAMIC_SECTION((via == Via::kTc ? "TC, " : "XDP, ") << name(kind) << ", " << row.name)
    {
        const auto out = world.receives(tunnelled(kind, inner().tos(row.inner)).tos(row.outer), via);
        if (row.arrives < 0) {
            CHECK(out.verdict == dropped(DROP_CONGESTION));
            CHECK(out.drop->interface == world.web.id);
            return;
        }
        CHECK(out.verdict == delivered(via));
        CHECK(view(out.bytes).tos == row.arrives);
        CHECK(view(out.bytes).checksums_right);
    }
}

TEST_CASE("GRE for a network behind an instance finds its router here", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.subnet(3, 7);
    const auto router = world.interface("10.0.1.11");
    const auto other_router = world.interface("10.0.1.12");
    world.far("10.0.3.20", world.other);
    world.route("10.9.0.0/16", ROUTE_INTERFACE, router.next_hop);
    const auto packet = [](const char* from, const char* to) {
        return carrier().gre(kVpc, Packet{}.from(from).to(to));
    };

    SECTION("by the table of the sender's subnet")
    {
        world.route("10.9.0.0/16", ROUTE_INTERFACE, other_router.next_hop, 7);
        CHECK(view(world.receives(packet("10.0.1.20", "10.9.0.1"), via).bytes).to_mac == router.mac);
        CHECK(view(world.receives(packet("10.0.3.20", "10.9.0.1"), via).bytes).to_mac == other_router.mac);
    }
    SECTION("by the arrivals table, where the sender's subnet has no route here")
    {
        CHECK(view(world.receives(packet("10.0.3.20", "10.9.0.1"), via).bytes).to_mac == router.mac);
    }
    SECTION("by the arrivals table, for a sender outside the VPC")
    {
        CHECK(view(world.receives(packet("198.51.100.1", "10.9.0.1"), via).bytes).to_mac == router.mac);
    }
    SECTION("not by a route that leads to another host")
    {
        world.route("10.7.0.0/16", ROUTE_INTERFACE, world.remote.next_hop);
        CHECK(world.receives(packet("10.0.1.20", "10.7.0.1"), via).verdict == dropped(DROP_NOT_LOCAL));
    }
    SECTION("not by a blackhole")
    {
        world.route("10.7.0.0/16", ROUTE_BLACKHOLE);
        CHECK(world.receives(packet("10.0.1.20", "10.7.0.1"), via).verdict == dropped(DROP_NOT_LOCAL));
    }
}

TEST_CASE("an arriving packet opens a pair whose answer leaves by this host", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = kind; });
    world.receives(tunnelled(kind, inner().udp(1000, 53)), via);
    REQUIRE(world.flow_keys().size() == 2);

    const auto answer = world.web.sends(Packet{}.to("10.0.1.20").udp(53, 1000));

    CHECK(answer.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.flow_keys().size() == 2);
    flow_key key{};
    key.source = to_address(ipv4(kInstance));
    key.destination = to_address(ipv4("10.0.1.20"));
    key.vpc = kVpc;
    key.entry = world.web.id;
    key.source_port = htons(53);
    key.destination_port = htons(1000);
    key.protocol = IPPROTO_UDP;
    CHECK(world.flow(key).flags == (FLOW_DECIDED | FLOW_REVERSE));
}

TEST_CASE("the answer to what was sent from here enters the pair that was written", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto kind = GENERATE(values(kKinds));
    ArriveWorld world;
    world.change_settings([&](auto& s) { s.encapsulation = kind; });
    world.web.sends(Packet{}.to("10.0.1.20").tcp(1000, 80).flags(kSyn));

    const auto out = world.receives(tunnelled(kind, inner().tcp(80, 1000).flags(kSyn | kAck)), via);

    CHECK(out.verdict == delivered(via));
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("an arrival for a device that is not there is dropped", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    world.web.change([](auto& i) { i.ifindex = 0; });

    const auto out = world.receives(vxlan(inner()), via);

    CHECK(out.verdict == dropped(DROP_NOT_PLACED));
    CHECK(out.drop->interface == world.web.id);
    CHECK(out.drop->vpc == kVpc);
    CHECK(out.counters[COUNTER_DECAPSULATED] == 0);
}

TEST_CASE("a flow whose receiver left decides again", "[bpf][arrive]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ArriveWorld world;
    REQUIRE(world.receives(vxlan(inner()), via).verdict == delivered(via));

    world.change_next_hop(world.web.next_hop, [&](auto& n) {
        n.host = world.other;
        n.interface = 0;
    });

    CHECK(world.receives(vxlan(inner()), via).verdict == dropped(DROP_NOT_LOCAL));
}
