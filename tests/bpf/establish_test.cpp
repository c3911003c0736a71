// When a pair moves to the table from which nothing is pushed out, and what limits it there.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

// Web talks to the database's port 80. TCP by letters: SYN, ACK, FIN and RST, small ones of web, large ones of the
// database, whose SYN has an ACK. Other protocols: > of web, < of the database.
struct Talk {
    std::uint8_t protocol;
    char what;

    bool by_web() const { return std::string_view{"safr>"}.contains(what); }
    int flags() const
    {
        switch (what | 0x20) {
        case 's':
            return by_web() ? kSyn + 0 : kSyn | kAck;
        case 'f':
            return kFin | kAck;
        case 'r':
            return kRst | kAck;
        default:
            return kAck;
        }
    }
    Packet packet(std::uint16_t port) const
    {
        const std::uint16_t from = by_web() ? port : 80, to = by_web() ? 80 : port;
        Packet out = Packet{}.to(by_web() ? "10.0.2.10" : "10.0.1.10").protocol(protocol);
        if (protocol == kTcp)
            out.tcp(from, to).flags(flags());
        else if (protocol == kUdp)
            out.udp(from, to);
        else if (protocol == kIcmp)
            by_web() ? out.icmp_echo(port, 1) : out.icmp_echo_reply(port, 1);
        return out;
    }
};

struct TalkWorld : RulesWorld {
    Outcome say(const Talk& talk, std::uint16_t port = 1000)
    {
        return (talk.by_web() ? web : database).sends(talk.packet(port));
    }
    Outcome say(std::uint8_t protocol, std::string_view all, std::uint16_t port = 1000)
    {
        for (const char what : all.substr(0, all.size() - 1))
            say(Talk{protocol, what}, port);
        return say(Talk{protocol, all.back()}, port);
    }
    std::size_t entries(const char* table) const { return datapath.keys<flow_key>(table).size(); }
};

} // namespace

TEST_CASE("a pair is established when both sides have shown that they want it, and not before", "[bpf][track]")
{
    struct Row {
        const char* name;
        std::uint8_t protocol;
        std::string before;
        char last; // establishes it; 0: nothing does
    };
    const auto row = GENERATE(values<Row>({
        {"UDP, answered", kUdp, "><", '>'},
        {"UDP, answered late", kUdp, ">>>>>>><", '>'},
        {"UDP, the asking side silent", kUdp, "><<<", '<'},
        {"UDP, one way", kUdp, std::string(15, '>'), '>'},
        {"ping", kIcmp, "><", '>'},
        {"ping, unanswered", kIcmp, std::string(15, '>'), '>'},
        {"another protocol", 47, "><", '>'},
        {"TCP", kTcp, "sS", 'a'},
        {"TCP, with a SYN lost", kTcp, "ssSsS", 'a'},
        {"TCP, the server speaks first", kTcp, "sSAAAAAAAA", 'a'},
        {"TCP, closed at once", kTcp, "sS", 'f'},
        {"TCP, a RST that was ignored", kTcp, "sSr", 'a'},
        {"TCP without an answer", kTcp, "s" + std::string(20, 'a'), 0},
        {"TCP with an answer that agrees to nothing", kTcp, "sA" + std::string(20, 'a'), 0},
        {"TCP, refused", kTcp, "sRaaaaaa", 0},
        {"TCP, taken up in the middle", kTcp, "aaaaAAAAAA", 'a'},
        {"TCP, taken up in the middle, without an answer", kTcp, std::string(20, 'a'), 0},
    }));
    TalkWorld world;

    DYNAMIC_SECTION(row.name)
    {
        for (const char what : row.before) {
            const auto out = world.say(Talk{row.protocol, what});
            REQUIRE(out.verdict == kRedirected);
            CHECK(out.counters[COUNTER_FLOW_ESTABLISHED] == 0);
            CHECK(world.entries("flows") == 0);
        }
        CHECK(world.entries("pending") == 2);
        CHECK(world.established() == 0);
        if (!row.last)
            return;

        const auto out = world.say(Talk{row.protocol, row.last});

        CHECK(out.verdict == kRedirected);
        CHECK(out.counters[COUNTER_FLOW_ESTABLISHED] == 1);
        CHECK(world.entries("flows") == 2);
        CHECK(world.entries("pending") == 0);
        CHECK(world.established() == 2);
        std::uint64_t packets = 0;
        for (const auto& key : world.flow_keys())
            packets += world.flow(key).packets;
        CHECK(packets == row.before.size() + 1);
        CHECK(world.say(Talk{row.protocol, row.last}).counters[COUNTER_FLOW_MISS] == 0);
    }
}

TEST_CASE("a pair with another host is established by what arrives and by what is sent", "[bpf][track]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    RulesWorld world;
    const auto ours = key_of("10.0.1.10", "10.0.1.20", world.web.id, kTcp, 1000, 80);
    const auto theirs = key_of("10.0.1.20", "10.0.1.10", tunnel_entry(world.web), kTcp, 80, 1000);
    const auto send = [&](int flags) { world.web.sends(Packet{}.to("10.0.1.20").tcp(1000, 80).flags(flags)); };
    const auto arrive = [&](int flags) {
        world.arrives(world.far_web, world.web, Packet{}.tcp(80, 1000).flags(flags), via);
    };

    SECTION("opened here")
    {
        send(kSyn), arrive(kSyn | kAck);
        CHECK_FALSE(world.is_established(ours));
        send(kAck);
    }
    SECTION("opened there")
    {
        arrive(kSyn), send(kSyn | kAck);
        CHECK_FALSE(world.is_established(ours));
        arrive(kAck);
    }
    CHECK(world.is_established(ours));
    CHECK(world.is_established(theirs));
    CHECK(world.established() == 2);
}

TEST_CASE("a VPC that has its share of connections gets no new one, and keeps those it has", "[bpf][track]")
{
    TalkWorld world;
    world.change_vpc([](auto& v) { v.flow_limit = 2; });
    world.vpc(kOtherVpc);
    const auto elsewhere = world.interface("10.0.1.10", kOtherVpc), beside = world.interface("10.0.1.11", kOtherVpc);
    world.say(kTcp, "s", 2000); // waits while the share is taken
    world.say(kTcp, "sSa");
    REQUIRE(world.established() == 2);

    CHECK(world.say(kTcp, "s", 3000).verdict == dropped(DROP_FLOW_LIMIT));
    CHECK(world.say(kUdp, ">").verdict == dropped(DROP_FLOW_LIMIT));
    CHECK(world.arrives(world.far_web, world.web, Packet{}.udp(1, 2), GENERATE(Via::kTc, Via::kXdp)).verdict ==
          dropped(DROP_FLOW_LIMIT));
    CHECK(world.entries("pending") == 2);
    CHECK(world.say(kTcp, "aA").verdict == kRedirected);
    CHECK(elsewhere.sends(Packet{}.to("10.0.1.11")).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("10.0.2.10").icmp(5, 0)).verdict == kRedirected); // makes no flow

    const auto waiting = world.say(kTcp, "Sa", 2000);
    CHECK(waiting.verdict == kRedirected);
    CHECK(waiting.counters[COUNTER_FLOW_UNESTABLISHED] == 1);
    CHECK(world.established() == 2);
}

TEST_CASE("a closed connection makes room for the one that begins anew in its place", "[bpf][track]")
{
    TalkWorld world;
    world.change_vpc([](auto& v) { v.flow_limit = 2; });
    world.say(kTcp, "sSafF");
    REQUIRE(world.established() == 2);

    CHECK(world.say(kTcp, "s").verdict == kRedirected);
    CHECK(world.established() == 0);
    CHECK(world.say(kTcp, "Sa").verdict == kRedirected);
    CHECK(world.established() == 2);
}

TEST_CASE("a share too small for a pair is none", "[bpf][track]")
{
    TalkWorld world;
    world.change_vpc([](auto& v) { v.flow_limit = 1; });

    CHECK(world.say(kUdp, ">").verdict == dropped(DROP_FLOW_LIMIT));
}

TEST_CASE("without a limit the table is what there is, and a pair it has no room for stays pending", "[bpf][track]")
{
    TalkWorld world;
    flow_key other{};
    while (world.datapath.try_put("flows", other, ::flow{}))
        other.entry++;

    const auto out = world.say(kTcp, "sSa");

    CHECK(out.verdict == kRedirected);
    CHECK(out.counters[COUNTER_FLOW_UNESTABLISHED] == 1);
    CHECK(world.entries("pending") == 2);
    CHECK(world.established() == 0);
}

TEST_CASE("a flood of new connections pushes out no established one", "[bpf][track]")
{
    TalkWorld world;
    world.say(kTcp, "sSa");
    for (std::uint32_t port = 2000; port < 12'000; port++) // each writes two of 4096 entries
        world.datapath.run(Program::kFromInterface,
                           world.web.complete(Talk{kTcp, 's'}.packet(static_cast<std::uint16_t>(port))),
                           {.ifindex = world.web.ifindex});

    CHECK(world.entries("flows") == 2);
    CHECK(world.entries("pending") <= 4096);
    CHECK(world.say(kTcp, "a").counters[COUNTER_FLOW_MISS] == 0);
    CHECK(world.say(kTcp, "A").verdict == kRedirected);
}
