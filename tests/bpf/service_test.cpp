// Load balancers of a VPC, as the host of their client plays them; and public ones, as the host of their address
// does.
#include <catch2/catch_test_macros.hpp>

#include <map>
#include <set>

#include "service_world.h"

using namespace vpcd::test;

TEST_CASE("a client's connection goes to a backend and its answers come from the load balancer", "[bpf][service]")
{
    ServiceWorld world;
    const auto numbers = world.balances(kService, 80, {{"10.0.1.30"}});

    const auto out = world.opens(4000);
    CHECK(out.verdict == kRedirected);
    const auto seen = view(out.bytes);
    CHECK(seen.from == ipv4("10.0.1.50"));
    CHECK(seen.to == ipv4("10.0.1.30"));
    CHECK(seen.to_port == 8080);
    CHECK(seen.checksums_right);
    CHECK(out.counters[COUNTER_BALANCED] == 1);
    CHECK(world.connections(numbers[0]) == 1);
    CHECK(world.pairs(kVpc) == 1);
    CHECK(world.pairs(kVpc, kService) == 1);

    for (const int flags : {kSyn | kAck, static_cast<int>(kAck), static_cast<int>(kAck)}) {
        const auto answer = view(world.plain.sends(Packet{}.to("10.0.1.50").tcp(8080, 4000).flags(flags)).bytes);
        CHECK(answer.from == ipv4(kService));
        CHECK(answer.from_port == 80);
        CHECK(answer.to_port == 4000);
        CHECK(answer.checksums_right);
        const auto next = view(world.client.sends(Packet{}.to(kService).tcp(4000, 80)).bytes);
        CHECK(next.to == ipv4("10.0.1.30"));
        CHECK(next.to_port == 8080);
    }
    CHECK(world.translations() == 2);
}

TEST_CASE("a backend on another host is reached through the tunnel, and its answers are translated here",
          "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 53, {{"10.0.1.40", 5353}}, SCHEDULER_ROUND_ROBIN, kVpc, kUdp);

    const auto out = view(world.client.sends(Packet{}.to(kService).udp(4000, 53)).bytes);
    REQUIRE(out.inner);
    CHECK(out.inner->to == ipv4("10.0.1.40"));
    CHECK(out.inner->to_port == 5353);
    CHECK(out.inner->checksums_right);

    for (const auto via : {Via::kTc, Via::kTc}) {
        const auto in = world.receives(vxlan(Packet{}
                                                 .from_mac(mac_of("10.0.1.40"))
                                                 .to_mac(mac_of("10.0.1.50"))
                                                 .from("10.0.1.40")
                                                 .to("10.0.1.50")
                                                 .udp(5353, 4000)),
                                       via);
        CHECK(in.verdict == kRedirected);
        CHECK(view(in.bytes).from == ipv4(kService));
        CHECK(view(in.bytes).from_port == 53);
        CHECK(view(in.bytes).checksums_right);
    }
}

TEST_CASE("XDP leaves answers of a load balancer to TC", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 53, {{"10.0.1.40", 5353}}, SCHEDULER_ROUND_ROBIN, kVpc, kUdp);
    world.client.sends(Packet{}.to(kService).udp(4000, 53));
    const auto answer = vxlan(Packet{}
                                  .from_mac(mac_of("10.0.1.40"))
                                  .to_mac(mac_of("10.0.1.50"))
                                  .from("10.0.1.40")
                                  .to("10.0.1.50")
                                  .udp(5353, 4000));

    for (int i = 0; i < 3; ++i) { // unknown, pending, established
        CHECK(world.receives(answer, Via::kXdp).bytes == answer.bytes());
        CHECK(view(world.receives(answer, Via::kTc).bytes).from == ipv4(kService));
        world.client.sends(Packet{}.to(kService).udp(4000, 53));
    }
}

TEST_CASE("round robin gives everybody the same", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}, {"10.0.1.40"}, {"10.0.1.10"}});

    std::map<std::string, int> got;
    for (std::uint16_t port = 4000; port < 4030; ++port)
        ++got[world.backend_of(port)];

    CHECK(got == std::map<std::string, int>{{"10.0.1.30", 10}, {"10.0.1.40", 10}, {"10.0.1.10", 10}});
}

TEST_CASE("a connection stays with its backend whoever's turn it is", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}, {"10.0.1.40"}});
    const auto first = world.backend_of(4000);

    for (std::uint16_t port = 4001; port < 4004; ++port)
        world.backend_of(port);

    CHECK(world.backend_of(4000) == first);
    CHECK(world.translations() == 8);
}

TEST_CASE("source hash gives a client the same backend each time", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}, {"10.0.1.40"}, {"10.0.1.10"}}, SCHEDULER_SOURCE_HASH);

    std::set<std::string> got;
    for (std::uint16_t port = 4000; port < 4020; ++port)
        got.insert(world.backend_of(port));

    CHECK(got.size() == 1);
}

TEST_CASE("least connections fills up who has fewer for its weight", "[bpf][service]")
{
    ServiceWorld world;
    const auto numbers =
        world.balances(kService, 80, {{"10.0.1.30", 8080, 10}, {"10.0.1.40", 8080, 20}}, SCHEDULER_LEAST_CONNECTIONS);

    for (std::uint16_t port = 4000; port < 4030; ++port)
        world.backend_of(port);

    CHECK(world.connections(numbers[0]) == 10);
    CHECK(world.connections(numbers[1]) == 20);
}

TEST_CASE("a backend that is checked gets connections only while it is alive", "[bpf][service]")
{
    for (const auto how : {SCHEDULER_ROUND_ROBIN, SCHEDULER_SOURCE_HASH, SCHEDULER_LEAST_CONNECTIONS}) {
        CAPTURE(how);
        ServiceWorld world;
        const auto numbers = world.balances(
            kService, 80, {{"10.0.1.30", 8080, 1, true}, {"10.0.1.40", 8080, 1, true}, {"10.0.1.10", 8080, 1, true}},
            how);
        CHECK(world.opens(3999).verdict == refused(DROP_NO_BACKEND));

        world.is(numbers[0], BACKEND_DEAD);
        world.is(numbers[1], BACKEND_ALIVE);
        for (std::uint16_t port = 4000; port < 4010; ++port)
            CHECK(world.backend_of(port) == "10.0.1.40");
        world.is(numbers[1], BACKEND_DEAD);
        world.is(numbers[2], BACKEND_ALIVE);
        CHECK(world.backend_of(4000) == "10.0.1.10"); // its flow is decided again
        CHECK(world.connections(numbers[1]) == 9);
    }
}

TEST_CASE("without a backend the client is refused, and told of the address it knows", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {});

    const auto out = world.opens(4000);

    CHECK(out.verdict == refused(DROP_NO_BACKEND));
    REQUIRE(view(out.bytes).protocol == 1);
    CHECK(view(out.bytes).icmp_type == 3);
    CHECK(world.translations() == 0);
}

TEST_CASE("only listed clients are served", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}}, SCHEDULER_ROUND_ROBIN, kVpc, kTcp, SERVICE_LIMITED);

    CHECK(world.opens(4000).verdict == dropped(DROP_NO_CLIENT));
    world.allows(1, "10.0.1.50");
    CHECK(world.opens(4000).verdict == kRedirected);
}

TEST_CASE("a backend that calls its own load balancer sees that as its peer", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.50"}});

    const auto there = view(world.opens(4000).bytes);
    CHECK(there.from == ipv4(kService));
    CHECK(there.from_port == 4000);
    CHECK(there.to == ipv4("10.0.1.50"));
    CHECK(there.to_port == 8080);
    CHECK(there.checksums_right);

    const auto back = view(world.client.sends(Packet{}.to(kService).tcp(8080, 4000).flags(kSyn | kAck)).bytes);
    CHECK(back.from == ipv4(kService));
    CHECK(back.from_port == 80);
    CHECK(back.to == ipv4("10.0.1.50"));
    CHECK(back.to_port == 4000);
    CHECK(back.checksums_right);
    CHECK(world.translations() == 2);
}

TEST_CASE("the load balancer's address answers ping and refuses other ports", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}});

    CHECK(world.client.sends(Packet{}.to(kService).icmp(8, 0)).counters[COUNTER_ROUTER_ECHO] == 1);
    CHECK(world.opens(4000, kService, 81).verdict == refused(DROP_TO_ROUTER));
}

TEST_CASE("a tenant with the same address has its own load balancer", "[bpf][service]")
{
    ServiceWorld world;
    world.balances(kService, 80, {{"10.0.1.30"}});
    world.vpc(kVpc + 1);
    const auto other = world.interface("10.0.1.50", kVpc + 1);

    const auto out = other.sends(Packet{}.from("10.0.1.50").to(kService).tcp(4000, 80).flags(kSyn));

    CHECK(out.verdict != kRedirected);
    CHECK(world.translations() == 0);
}
