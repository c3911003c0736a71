// Answers to what a gateway has let in go back to that gateway: at the gateway, and at the host of whoever answers.
#include <catch2/catch_test_macros.hpp>

#include "service_world.h"

using namespace vpcd::test;

namespace {

// From a gateway on host `from`, for an instance here.
Packet let_in(const char* from = "192.0.2.2", int flags = kSyn)
{
    return tunnelled(ENCAPSULATION_VXLAN,
                     Packet{}
                         .from_mac(kReturnMac)
                         .to_mac(mac_of("10.0.1.30"))
                         .from(kClient)
                         .to("10.0.1.30")
                         .tcp(6000, 8080)
                         .flags(flags),
                     kVpc, from);
}

Packet answers(int flags = kSyn | kAck)
{
    return Packet{}.to(kClient).tcp(8080, 6000).flags(flags);
}

} // namespace

TEST_CASE("a public load balancer's answers go back to its gateway whatever the routes say", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kPublicService, 80, {{"10.0.1.10"}}, SCHEDULER_ROUND_ROBIN, 0); // has an elastic IP besides

    const auto in = view(world.receives_from_outside(from_client(kPublicService).tcp(6000, 80).flags(kSyn)).bytes);
    CHECK(in.from == ipv4(kClient));
    CHECK(in.to == ipv4("10.0.1.10"));
    CHECK(in.to_port == 8080);

    const auto answer = view(world.web.sends(Packet{}.to(kClient).tcp(8080, 6000).flags(kSyn | kAck)).bytes);
    CHECK(answer.from == ipv4(kPublicService));
    CHECK(answer.from_port == 80);
    CHECK(answer.checksums_right);
    const auto own = view(world.web.sends(Packet{}.to(kClient).tcp(5000, 443).flags(kSyn)).bytes);
    CHECK(own.from == ipv4(kWebPublic));
}

TEST_CASE("a gateway marks what it lets in for another host, and takes out what comes back", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kPublicService, 80, {{"10.0.1.40"}}, SCHEDULER_ROUND_ROBIN, 0);

    const auto in = view(world.receives_from_outside(from_client(kPublicService).tcp(6000, 80).flags(kSyn)).bytes);
    REQUIRE(in.inner);
    CHECK(in.inner->from_mac == kReturnMac);
    CHECK(in.inner->to == ipv4("10.0.1.40"));

    const auto out = world.receives(vxlan(Packet{}
                                              .from_mac(kRouterMac)
                                              .to_mac(kReturnMac)
                                              .from("10.0.1.40")
                                              .to(kClient)
                                              .tcp(8080, 6000)
                                              .flags(kSyn | kAck)),
                                    Via::kTc);
    CHECK(view(out.bytes).from == ipv4(kPublicService));
    CHECK(view(out.bytes).from_port == 80);
    const auto stray = world.receives(vxlan(Packet{}
                                                .from_mac(kRouterMac)
                                                .to_mac(kReturnMac)
                                                .from("10.0.1.40")
                                                .to(kClient)
                                                .tcp(8080, 6001)
                                                .flags(kSyn)),
                                      Via::kTc);
    CHECK(stray.verdict == dropped(DROP_NO_TRANSLATION));
}

TEST_CASE("the backend's host sends answers back to the gateway that let the connection in", "[bpf][service]")
{
    ServiceWorld world;
    const auto in = world.receives(vxlan(Packet{}
                                             .from_mac(kReturnMac)
                                             .to_mac(mac_of("10.0.1.30"))
                                             .from(kClient)
                                             .to("10.0.1.30")
                                             .tcp(6000, 8080)
                                             .flags(kSyn)),
                                   Via::kTc);
    CHECK(in.verdict == kRedirected);
    CHECK(view(in.bytes).from_mac == kRouterMac);

    for (int i = 0; i < 3; ++i) {
        const auto out = view(world.plain.sends(Packet{}.to(kClient).tcp(8080, 6000).flags(kSyn | kAck)).bytes);
        REQUIRE(out.inner);
        CHECK(out.inner->to_mac == kReturnMac);
        CHECK(out.to == ipv4("192.0.2.2"));
    }
}

TEST_CASE("when another gateway lets the connection in, answers go there from then on", "[bpf][service]")
{
    ServiceWorld world;
    world.host("192.0.2.7");
    world.receives(let_in(), Via::kTc);
    CHECK(view(world.plain.sends(answers()).bytes).to == ipv4("192.0.2.2"));

    world.receives(let_in("192.0.2.7", kAck), Via::kTc);

    CHECK(view(world.plain.sends(answers(kAck)).bytes).to == ipv4("192.0.2.7"));
}

TEST_CASE("what XDP takes out of the tunnel is answered the same way", "[bpf][service]")
{
    ServiceWorld world;

    CHECK(view(world.receives(let_in(), Via::kXdp).bytes).from_mac == kRouterMac);

    const auto out = view(world.plain.sends(answers()).bytes);
    REQUIRE(out.inner);
    CHECK(out.inner->to_mac == kReturnMac);
}

TEST_CASE("a GRE tunnel says in its key what MACs say elsewhere", "[bpf][service]")
{
    ServiceWorld world;
    const auto gre_host = world.host("192.0.2.8", ENCAPSULATION_GRE);
    world.far("10.0.1.60", gre_host);
    world.balances(kPublicService, 80, {{"10.0.1.60"}}, SCHEDULER_ROUND_ROBIN, 0);
    const auto key_of = [](const Bytes& frame) {
        return static_cast<std::uint32_t>(frame[38]) << 24 | frame[39] << 16 | frame[40] << 8 | frame[41];
    };

    const auto in = world.receives_from_outside(from_client(kPublicService).tcp(6000, 80).flags(kSyn));
    REQUIRE(view(in.bytes).tunnel == View::Tunnel::kGre);
    CHECK(key_of(in.bytes) == (VPCD_GRE_RETURN | kVpc));

    const auto back = Packet{}.from("10.0.1.60").to(kClient).tcp(8080, 6000).flags(kSyn | kAck);
    world.change_settings([](auto& s) { s.encapsulation = ENCAPSULATION_GRE; });
    const auto out = world.receives(
        tunnelled(ENCAPSULATION_GRE, back, VPCD_GRE_OUTSIDE | VPCD_GRE_RETURN | kVpc, "192.0.2.8"), Via::kTc);
    CHECK(view(out.bytes).from == ipv4(kPublicService));
}

TEST_CASE("a host that speaks GRE answers to the gateway that let the connection in", "[bpf][service]")
{
    ServiceWorld world;
    world.host("192.0.2.8", ENCAPSULATION_GRE);
    world.change_settings([](auto& s) { s.encapsulation = ENCAPSULATION_GRE; });
    const auto inner = Packet{}.from(kClient).to("10.0.1.30").tcp(6000, 8080).flags(kSyn);
    const auto in =
        world.receives(tunnelled(ENCAPSULATION_GRE, inner, VPCD_GRE_RETURN | kVpc, "192.0.2.8"), Via::kTc);
    CHECK(in.verdict == kRedirected);

    const auto out = world.plain.sends(answers());
    REQUIRE(view(out.bytes).tunnel == View::Tunnel::kGre);
    CHECK(view(out.bytes).to == ipv4("192.0.2.8"));
}

TEST_CASE("an error about what a gateway has let in goes back to it too", "[bpf][service]")
{
    ServiceWorld world;
    world.receives(let_in(), Via::kTc);
    const auto received = Packet{}.from(kClient).to("10.0.1.30").tcp(6000, 8080);

    const auto out = view(world.plain.sends(Packet{}.to(kClient).icmp(3, 3).quoting(received)).bytes);

    REQUIRE(out.inner);
    CHECK(out.inner->to_mac == kReturnMac);
    CHECK(out.to == ipv4("192.0.2.2"));
}

TEST_CASE("connections that the instance opens itself go by the route tables, whoever brings the answers",
          "[bpf][service]")
{
    ServiceWorld world;
    world.plain.sends(Packet{}.to(kClient).tcp(8080, 6000).flags(kSyn));
    world.receives(let_in("192.0.2.2", kSyn | kAck), Via::kTc);
    world.plain.change([](auto& i) { ++i.generation; });

    const auto out = world.plain.sends(answers(kAck));

    CHECK(view(out.bytes).from == ipv4(kShared));
}
