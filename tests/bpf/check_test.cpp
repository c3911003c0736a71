// Health checks: from the checker's device into a VPC, past its rules, and the answers back to that device.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "quoted.h"
#include "rules_world.h"
#include "support/packet_view.h"

using namespace vpcd::test;

namespace {

constexpr const char* kAsks = "100.64.2.1"; // inside a VPC
constexpr MacBytes kCheckMac = VPCD_CHECK_MAC;

// Rules let nothing in or out; 10.0.1.10 is here, 10.0.1.20 on another host.
struct CheckWorld : RulesWorld {
    CheckWorld()
    {
        change_settings([](auto& s) {
            s.check_ifindex = kCheckDevice;
            s.check_address = htonl(ipv4(kAsks));
            s.outside = 1;
        });
        goes_back();
        inbound(web, {});
        outbound(web, {});
        acl_in(1, {});
        acl_out(1, {});
    }
};

// The address of the checker that stands for a VPC.
std::string source_of(std::uint32_t vni)
{
    return "240.0." + std::to_string(vni >> 8 & 255) + "." + std::to_string(vni & 255);
}

Packet asks(std::string_view to, std::uint32_t vni = kVpc)
{
    return Packet{}.from_mac(kCheckMac).to_mac(kRouterMac).from(source_of(vni)).to(to);
}

// What another host's checker sends to an instance here.
Packet asked_from(const char* host, encapsulation kind = ENCAPSULATION_VXLAN)
{
    const auto inner = Packet{}
                           .from_mac(kCheckMac)
                           .to_mac(mac_of("10.0.1.10"))
                           .from("100.64.2.2")
                           .to("10.0.1.10")
                           .tcp(6000, 80)
                           .flags(kSyn);
    return tunnelled(kind, inner, kind == ENCAPSULATION_GRE ? VPCD_GRE_RETURN | VPCD_GRE_CHECK | kVpc : kVpc, host);
}

} // namespace

TEST_CASE("a check of an instance here gets there and back, whatever rules say", "[bpf][check]")
{
    CheckWorld world;

    const auto in = world.receives_from_checker(asks("10.0.1.10").tcp(6000, 80).flags(kSyn));
    REQUIRE(in.verdict == kRedirected);
    const auto seen = view(in.bytes);
    CHECK(seen.from == ipv4(kAsks));
    CHECK(seen.to == ipv4("10.0.1.10"));
    CHECK(seen.to_mac == mac_of("10.0.1.10"));
    CHECK(seen.from_mac == kRouterMac);
    CHECK(seen.checksums_right);

    for (const int flags : {kSyn | kAck, int{kAck}}) {
        const auto answer = world.web.sends(Packet{}.to(kAsks).tcp(80, 6000).flags(flags));
        REQUIRE(answer.verdict == kRedirected);
        CHECK(view(answer.bytes).to == ipv4(source_of(kVpc)));
        CHECK(view(answer.bytes).to_mac == kCheckMac);
        CHECK(view(answer.bytes).checksums_right);
    }
}

TEST_CASE("a check of an instance on another host is marked, and what comes back goes to the checker", "[bpf][check]")
{
    CheckWorld world;

    const auto in = view(world.receives_from_checker(asks("10.0.1.20").udp(6000, 53)).bytes);
    REQUIRE(in.inner);
    CHECK(in.inner->from_mac == kCheckMac);
    CHECK(in.inner->from == ipv4(kAsks));
    CHECK(in.vni == kVpc);

    const auto out = world.receives(
        vxlan(Packet{}.from_mac(kRouterMac).to_mac(kReturnMac).from("10.0.1.20").to(kAsks).udp(53, 6000)), Via::kTc);
    REQUIRE(out.verdict == kRedirected);
    CHECK(view(out.bytes).to == ipv4(source_of(kVpc)));
    CHECK(view(out.bytes).checksums_right);
}

TEST_CASE("another host's check passes the rules here, and is answered to that host", "[bpf][check]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    CheckWorld world;
    world.host("192.0.2.8", kind);
    world.change_settings([&](auto& s) { s.encapsulation = kind; });

    const auto asked = asked_from("192.0.2.8", kind);
    if (via == Via::kXdp)
        CHECK(world.receives(asked, via).bytes == asked.bytes()); // left to TC
    CHECK(world.receives(asked, Via::kTc).verdict == kRedirected);

    for (int i = 0; i < 2; ++i) {
        const auto answer = view(world.web.sends(Packet{}.to("100.64.2.2").tcp(80, 6000).flags(kSyn | kAck)).bytes);
        REQUIRE(answer.inner);
        CHECK(answer.to == ipv4("192.0.2.8"));
    }
}

TEST_CASE("what only looks like a check meets the rules", "[bpf][check]")
{
    CheckWorld world;
    const auto plain = Packet{}
                           .from_mac(kRouterMac)
                           .to_mac(mac_of("10.0.1.10"))
                           .from("100.64.2.2")
                           .to("10.0.1.10")
                           .tcp(6000, 80)
                           .flags(kSyn);
    CHECK(world.receives(vxlan(plain), Via::kTc).verdict == dropped(DROP_ACL_IN));

    const auto let_in = Packet{plain}.from_mac(kReturnMac);
    CHECK(world.receives(vxlan(let_in), Via::kTc).verdict == dropped(DROP_ACL_IN));
}

TEST_CASE("no instance sends from a MAC of the datapath's own", "[bpf][check]")
{
    CheckWorld world;
    const auto mac = GENERATE(MacBytes VPCD_CHECK_MAC, MacBytes VPCD_RETURN_MAC, MacBytes VPCD_GATEWAY_MAC);
    world.neighbour.unchecked();

    CHECK(world.neighbour.sends(Packet{}.to("10.0.1.20").from_mac(mac)).verdict == dropped(DROP_SOURCE_MAC));
    CHECK(world.neighbour.sends(Packet{}.to("10.0.1.20").from_mac(parse_mac("02:76:70:63:65:fb"))).verdict ==
          kRedirected);
}

TEST_CASE("a VPC that may have no more connections is checked all the same", "[bpf][check]")
{
    CheckWorld world;
    world.change_vpc([](auto& v) { v.flow_limit = 1; });

    CHECK(world.receives_from_checker(asks("10.0.1.10").tcp(6000, 80).flags(kSyn)).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to(kAsks).tcp(80, 6000).flags(kSyn | kAck)).verdict == kRedirected);
    CHECK(world.receives_from_checker(asks("10.0.1.20").udp(6000, 53)).verdict == kRedirected);
}

TEST_CASE("an instance that receives and sends as much as it may is checked all the same", "[bpf][check]")
{
    CheckWorld world;
    world.host("192.0.2.8");
    for (const std::uint32_t limit : {1U, 2U})
        world.datapath.put("limits", limit, ::limit{.byte_time = 1ULL << LIMIT_SHIFT, .burst = 0});
    world.web.change([](auto& i) {
        i.ingress_limit = 1;
        i.egress_limit = 2;
    });

    CHECK(world.receives_from_checker(asks("10.0.1.10").tcp(6000, 80).flags(kSyn)).verdict == kRedirected);
    CHECK(world.receives(asked_from("192.0.2.8"), Via::kTc).verdict == kRedirected);
    for (const auto* asker : {kAsks, "100.64.2.2"})
        for (const int flags : {kSyn | kAck, int{kAck}, int{kAck}}) // decided, pending, established
            CHECK(world.web.sends(Packet{}.to(asker).tcp(80, 6000).flags(flags)).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("10.0.1.20").udp(1, 2)).verdict != kRedirected);
}

TEST_CASE("checks are nobody's traffic with the Internet", "[bpf][check]")
{
    CheckWorld world;
    for (const auto* to : {"10.0.1.10", "10.0.1.20"})
        CHECK(world.receives_from_checker(asks(to).udp(6000, 53)).counters[COUNTER_TRANSLATED_IN] == 0);
}

TEST_CASE("two tenants with the same addresses are told apart by the checker's address", "[bpf][check]")
{
    CheckWorld world;
    world.vpc(kOtherVpc);
    const auto other = world.interface("10.0.1.10", kOtherVpc);

    for (const auto& [vni, who] : {std::pair{kVpc, world.web}, std::pair{kOtherVpc, other}}) {
        const auto in = world.receives_from_checker(asks("10.0.1.10", vni).udp(6000, 53));
        CHECK(in.traffic.at(who.id).rx_packets == 1);
    }
}

TEST_CASE("an instance's error about a check goes to the checker, and quotes what it has sent", "[bpf][check]")
{
    CheckWorld world;
    world.receives_from_checker(asks("10.0.1.10").udp(6000, 53));

    const auto received = Packet{}.from(kAsks).to("10.0.1.10").udp(6000, 53);
    const auto out = world.web.sends(Packet{}.to(kAsks).icmp(3, 3).quoting(received));

    REQUIRE(out.verdict == kRedirected);
    CHECK(view(out.bytes).to == ipv4(source_of(kVpc)));
    CHECK(view(out.bytes).checksums_right);
    CHECK(quoted(out.bytes, 0).from == ipv4(source_of(kVpc)));
    CHECK(quoted(out.bytes, 0).word == 6000);
}

TEST_CASE("what else comes from the checker's device goes nowhere", "[bpf][check]")
{
    struct Row {
        const char* name;
        Packet packet;
        drop_reason reason;
    };
    const auto row = GENERATE(values<Row>({
        {"from another address",
         Packet{}.from_mac(kCheckMac).to_mac(kRouterMac).from("10.0.1.11").to("10.0.1.10").udp(6000, 53),
         DROP_HOST_STACK},
        {"a ping", asks("10.0.1.10").icmp_echo(1, 1), DROP_HOST_STACK},
        {"a fragment", asks("10.0.1.10").udp(6000, 53).fragment(0, true), DROP_HOST_STACK},
        {"ARP", Packet{}.arp_request(kCheckMac, "240.0.0.1", "10.0.1.10"), DROP_NOT_IP},
        {"IPv6", Packet{}.ether_type(0x86dd), DROP_IPV6},
        {"to nobody", asks("10.0.1.99").udp(6000, 53), DROP_NO_ENDPOINT},
        {"of another VPC", asks("10.0.1.10", 4711).udp(6000, 53), DROP_NO_ENDPOINT},
        {"cut short", asks("10.0.1.10").ip_version(7), DROP_MALFORMED},
    }));
    CheckWorld world;
    INFO(row.name);
    CHECK(world.receives_from_checker(row.packet).verdict == dropped(row.reason));
}

TEST_CASE("a host that checks nothing drops answers to checks", "[bpf][check]")
{
    CheckWorld world;
    world.change_settings([](auto& s) { s.check_ifindex = 0; });

    const auto out = world.receives(
        vxlan(Packet{}.from_mac(kRouterMac).to_mac(kReturnMac).from("10.0.1.20").to(kAsks).udp(53, 6000)), Via::kTc);
    CHECK(out.verdict == dropped(DROP_NO_GATEWAY));
}
