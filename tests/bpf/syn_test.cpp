// A SYN on a pair that is there already (RFC 5961, 4; RFC 9293, 3.6.1).
#include <functional>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

// Web's port 1000 to the database's port 80, in one order or the other.
struct SynWorld : RulesWorld {
    Verdict web_says(int flags) { return web.sends(Packet{}.to("10.0.2.10").tcp(1000, 80).flags(flags)).verdict; }
    Verdict database_says(int flags)
    {
        return database.sends(Packet{}.to("10.0.1.10").tcp(80, 1000).flags(flags)).verdict;
    }
    flow_key of_web() const { return key_of("10.0.1.10", "10.0.2.10", web.id, kTcp, 1000, 80); }
    flow_key of_database() const { return key_of("10.0.2.10", "10.0.1.10", database.id, kTcp, 80, 1000); }
    void handshake() { web_says(kSyn), database_says(kSyn | kAck), web_says(kAck); }
};

using Steps = std::function<void(SynWorld&)>;

struct Before {
    const char* name;
    Steps steps;
    // What a SYN of each side does to the pair that is there.
    enum What { kKept, kAnew, kAside } of_opener, of_other;
};

const std::vector<Before>& befores()
{
    static const std::vector<Before> kBefores{
        {"a SYN alone", [](auto& w) { w.web_says(kSyn); }, Before::kKept, Before::kAnew},
        {"half a handshake", [](auto& w) { w.web_says(kSyn), w.database_says(kSyn | kAck); }, Before::kKept,
         Before::kAnew},
        {"refused by a RST", [](auto& w) { w.web_says(kSyn), w.database_says(kRst | kAck); }, Before::kKept,
         Before::kAnew},
        {"established", [](auto& w) { w.handshake(); }, Before::kKept, Before::kAside},
        {"one FIN", [](auto& w) { w.handshake(), w.web_says(kFin | kAck); }, Before::kKept, Before::kAside},
        {"the other FIN", [](auto& w) { w.handshake(), w.database_says(kFin | kAck), w.web_says(kAck); },
         Before::kKept, Before::kAside},
        {"both FINs", [](auto& w) { w.handshake(), w.web_says(kFin | kAck), w.database_says(kFin | kAck); },
         Before::kAnew, Before::kAnew},
        {"both FINs and the last ACK",
         [](auto& w) { w.handshake(), w.web_says(kFin | kAck), w.database_says(kFin | kAck), w.web_says(kAck); },
         Before::kAnew, Before::kAnew},
        {"a RST of the opener", [](auto& w) { w.handshake(), w.web_says(kRst); }, Before::kAnew, Before::kAnew},
        {"a RST of the other", [](auto& w) { w.handshake(), w.database_says(kRst | kAck); }, Before::kAnew,
         Before::kAnew},
        {"a RST that was ignored", [](auto& w) { w.handshake(), w.web_says(kRst), w.web_says(kAck); }, Before::kKept,
         Before::kAside},
        {"a RST of the opener, who gave up the handshake", [](auto& w) { w.web_says(kSyn), w.web_says(kRst); },
         Before::kAnew, Before::kAnew},
    };
    return kBefores;
}

} // namespace

TEST_CASE("a SYN keeps, begins anew, or passes beside the pair that is there", "[bpf][track]")
{
    const auto& before = befores().at(static_cast<std::size_t>(GENERATE(range(0, 12))));
    const bool by_opener = GENERATE(true, false);
    CAPTURE(before.name, by_opener);
    SynWorld world;
    before.steps(world);
    const auto opener = world.flow(world.of_web()), other = world.flow(world.of_database());
    const bool was_established = world.is_established(world.of_web());

    CHECK((by_opener ? world.web_says(kSyn) : world.database_says(kSyn)) == kRedirected);

    REQUIRE(world.flow_keys().size() == 2);
    const auto now = world.flow(world.of_web()), now_other = world.flow(world.of_database());
    switch (by_opener ? before.of_opener : before.of_other) {
    case Before::kKept:
        CHECK(now.packets == opener.packets + 1);
        CHECK(now.tcp_state == opener.tcp_state);
        CHECK(now_other.packets == other.packets);
        CHECK(world.is_established(world.of_web()) == was_established);
        break;
    case Before::kAside:
        CHECK(now.packets == opener.packets);
        CHECK(now_other.packets == other.packets);
        CHECK(now_other.tcp_state == other.tcp_state);
        CHECK(world.is_established(world.of_web()));
        break;
    case Before::kAnew:
        CHECK(now.packets == by_opener);
        CHECK(now_other.packets == !by_opener);
        CHECK((now.flags & FLOW_REVERSE) == (by_opener ? 0 : FLOW_REVERSE));
        CHECK((now_other.flags & FLOW_REVERSE) == (by_opener ? FLOW_REVERSE : 0));
        CHECK_FALSE(world.is_established(world.of_web()));
        CHECK(world.established() == 0);
    }
}

TEST_CASE("a SYN is decided by the rules of now, in its own direction, and changes nothing when it is denied",
          "[bpf][track]")
{
    const auto& before = befores().at(static_cast<std::size_t>(GENERATE(range(0, 12))));
    const bool by_opener = GENERATE(true, false);
    CAPTURE(before.name, by_opener);
    SynWorld world;
    before.steps(world);
    const auto opener = world.flow(world.of_web()), other = world.flow(world.of_database());
    world.outbound(by_opener ? world.web : world.database, {}); // no generation says so

    CHECK((by_opener ? world.web_says(kSyn) : world.database_says(kSyn)) == dropped(DROP_GROUP_OUT));

    CHECK(world.flow(world.of_web()).packets == opener.packets);
    CHECK(world.flow(world.of_web()).flags == opener.flags);
    CHECK(world.flow(world.of_database()).packets == other.packets);
    CHECK(world.flow(world.of_database()).flags == other.flags);
}

TEST_CASE("a SYN against a pair asks whether the receiver lets it in, not whether it let the other out",
          "[bpf][track]")
{
    SynWorld world;
    const bool is_established = GENERATE(false, true);
    is_established ? world.handshake() : static_cast<void>(world.web_says(kSyn));
    world.inbound(world.web, {});

    CHECK(world.database_says(kSyn) == dropped(DROP_GROUP_IN));
    CHECK(world.database_says(kSyn | kAck) == kRedirected);
}

TEST_CASE("a SYN from another host against what was opened here", "[bpf][track]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const bool is_established = GENERATE(false, true);
    const bool is_allowed = GENERATE(false, true);
    RulesWorld world;
    const auto ours = key_of("10.0.1.10", "10.0.1.20", world.web.id, kTcp, 1000, 80);
    const auto arrive = [&](int flags) {
        return world.arrives(world.far_web, world.web, Packet{}.tcp(80, 1000).flags(flags), via).verdict;
    };
    world.inbound(world.web, {{.verdict = is_allowed ? kAllow : kDrop}});
    world.web.sends(Packet{}.to("10.0.1.20").tcp(1000, 80).flags(kSyn));
    if (is_established) {
        arrive(kSyn | kAck);
        world.web.sends(Packet{}.to("10.0.1.20").tcp(1000, 80).flags(kAck));
    }
    const auto before = world.flow(ours);

    CHECK(arrive(kSyn) == (is_allowed ? let_through(via) : dropped(DROP_GROUP_IN)));

    const bool is_replaced = is_allowed && !is_established;
    CHECK(world.flow(ours).packets == (is_replaced ? 0 : before.packets));
    CHECK(world.flow(ours).flags == (is_replaced ? FLOW_REVERSE : FLOW_DECIDED));
    CHECK(world.is_established(ours) == is_established);
}
