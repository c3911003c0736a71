// Public load balancers whose backends' own hosts answer the Internet: the host of the address passes packets on as
// they came, and the backend's host plays the load balancer for it.
#include <catch2/catch_test_macros.hpp>

#include "quoted.h"
#include "service_world.h"
#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

Packet question(std::uint16_t from = 4000)
{
    return from_client(kPublicService).tcp(from, 80);
}

// The host of the address; its backend lives elsewhere.
struct FrontWorld : ServiceWorld {
    std::vector<std::uint32_t> numbers = balances(
        kPublicService, 80, {{.address = "10.0.1.40", .answered_by = passes_to(there)}}, SCHEDULER_ROUND_ROBIN, 0);
};

// The host of the backend.
struct BackWorld : ServiceWorld {
    std::vector<std::uint32_t> numbers =
        balances(kPublicService, 80, {{.address = "10.0.1.30"}}, SCHEDULER_ROUND_ROBIN, 0);

    BackWorld()
    {
        change_public(kPublicService, [](auto& row) { row.flags = PUBLIC_QUIET | PUBLIC_PASSED; });
    }
    Outcome passed(const Packet& packet)
    {
        return receives(vxlan(Packet{packet}.from_mac(kRouterMac).to_mac(kPassMac)), Via::kTc);
    }
};

} // namespace

TEST_CASE("a connection is passed on to its backend's host as it came", "[bpf][service][direct]")
{
    FrontWorld world;
    for (const int flags : {int{kSyn}, int{kAck}, kFin | kAck}) {
        const auto out = world.receives_from_outside(question().flags(flags).ttl(9));
        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        REQUIRE(seen.inner);
        CHECK(seen.to == ipv4("192.0.2.2"));
        CHECK(seen.inner->to_mac == kPassMac);
        CHECK(seen.inner->to == ipv4(kPublicService));
        CHECK(seen.inner->to_port == 80);
        CHECK(seen.inner->ttl == 9);
        CHECK(out.counters[COUNTER_PASSED_ON] == 1);
        CHECK(out.counters[COUNTER_TRANSLATED_IN] == 0);
    }
    CHECK(world.connections(world.numbers[0]) == 1);
    CHECK(world.counted(world.numbers[0]).rx_packets == 3);
}

TEST_CASE("connections of different backends stay apart, each where its backend is", "[bpf][service][direct]")
{
    ServiceWorld world;
    const auto numbers = world.balances(
        kPublicService, 80,
        {{.address = "10.0.1.30"}, {.address = "10.0.1.40", .answered_by = world.passes_to(world.there)}},
        SCHEDULER_ROUND_ROBIN, 0);
    unsigned passed = 0;
    for (std::uint16_t i = 0; i < 8; ++i) {
        const auto port = static_cast<std::uint16_t>(4000 + i);
        const auto first = world.receives_from_outside(question(port).flags(kSyn));
        const bool is_passed = view(first.bytes).inner != nullptr;
        CHECK(is_passed == (first.counters[COUNTER_PASSED_ON] == 1));
        const auto next = world.receives_from_outside(question(port));
        CHECK((view(next.bytes).inner != nullptr) == is_passed);
        passed += is_passed;
    }
    CHECK(passed == 4);
}

TEST_CASE("the backend's host translates what is passed on, and answers the Internet itself",
          "[bpf][service][direct]")
{
    BackWorld world;
    const auto in = world.passed(question().flags(kSyn).ttl(9));
    const auto seen = view(in.bytes);
    CHECK(in.verdict == kRedirected);
    CHECK(seen.from == ipv4(kClient));
    CHECK(seen.to == ipv4("10.0.1.30"));
    CHECK(seen.to_port == 8080);
    CHECK(seen.ttl == 8);
    CHECK(seen.checksums_right);

    for (const int flags : {kSyn | kAck, int{kAck}, int{kAck}}) {
        const auto out = world.plain.sends(Packet{}.to(kClient).tcp(8080, 4000).flags(flags));
        const auto answer = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        CHECK_FALSE(answer.inner);
        CHECK(answer.from == ipv4(kPublicService));
        CHECK(answer.from_port == 80);
        CHECK(answer.to == ipv4(kClient));
        CHECK(answer.checksums_right);
        CHECK(out.counters[COUNTER_TRANSLATED_OUT] == 1);
        CHECK(world.passed(question()).verdict == kRedirected);
    }
    CHECK(world.translations() == 2);
}

TEST_CASE("the answers' handshake fits the tunnel by which the client's packets come", "[bpf][service][direct]")
{
    BackWorld world;
    world.change_settings([](auto& s) { s.tunnel_mtu = 1450; });
    world.passed(question().flags(kSyn));
    const auto answer = Packet{}.to(kClient).tcp(8080, 4000).flags(kSyn | kAck).mss(1460);
    CHECK(view(world.plain.sends(answer).bytes).mss == 1410);
}

TEST_CASE("who asks beside a backend finds the others as well", "[bpf][service][direct]")
{
    BackWorld world;
    const auto out = world.web.sends(Packet{}.to(kPublicService).tcp(5000, 80).flags(kSyn));

    const auto seen = view(out.bytes); // out on the wire, to the host of the address
    CHECK(out.verdict == kRedirected);
    CHECK(seen.from == ipv4(kWebPublic));
    CHECK(seen.to == ipv4(kPublicService));
    CHECK(seen.to_mac != kExternalMac);
    CHECK(world.translations() == 0);
}

TEST_CASE("errors about answers are passed on too", "[bpf][service][direct]")
{
    const auto answer = Packet{}.from(kPublicService).to(kClient).tcp(80, 4000);
    const auto error = from_client(kPublicService).from("198.51.100.1").icmp(3, 4, 0, 1300).quoting(answer);

    FrontWorld front;
    CHECK(front.receives_from_outside(error).verdict == dropped(DROP_NO_TRANSLATION));
    front.receives_from_outside(question().flags(kSyn));
    const auto seen = view(front.receives_from_outside(error).bytes);
    REQUIRE(seen.inner);
    CHECK(seen.inner->to_mac == kPassMac);
    CHECK(seen.inner->to == ipv4(kPublicService));

    BackWorld back;
    back.passed(question().flags(kSyn));
    back.plain.sends(Packet{}.to(kClient).tcp(8080, 4000).flags(kSyn | kAck));
    const auto in = back.passed(error);
    CHECK(in.verdict == kRedirected);
    CHECK(view(in.bytes).to == ipv4("10.0.1.30"));
    CHECK(view(in.bytes).checksums_right);
    CHECK(quoted(in.bytes, 0).from == ipv4("10.0.1.30"));
    CHECK(quoted(in.bytes, 0).word == 8080);
}

TEST_CASE("a connection whose answers are not seen lasts by what the client says", "[bpf][service][direct]")
{
    constexpr std::uint32_t kShort = 100'000, kLong = 500'000;
    FrontWorld world;
    ::expiry expiry{};
    for (auto& timeout : expiry.timeouts)
        timeout = kShort;
    expiry.timeouts[FLOW_TIMEOUT_TCP_ESTABLISHED] = kLong;
    const auto age = [&](std::uint32_t by) {
        for (const auto& key : world.datapath.keys<flow_key>("translations")) {
            translation row{};
            world.datapath.get("translations", key, row);
            row.last_seen -= by;
            world.datapath.put("translations", key, row);
        }
        world.datapath.expire_flows(expiry);
    };

    world.receives_from_outside(question(4000).flags(kSyn));
    world.receives_from_outside(question(4001).flags(kSyn));
    world.receives_from_outside(question(4001));
    age(kShort + 50'000);
    CHECK(world.translations() == 2);
    CHECK(world.connections(world.numbers[0]) == 1);
    age(kLong);
    CHECK(world.translations() == 0);
}
