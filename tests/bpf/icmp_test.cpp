// ICMP: questions and their answers are connections; errors pass if they are about one (RFC 792).
#include <functional>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

constexpr std::uint8_t kUnreachable = 3, kExceeded = 11, kBadParameter = 12;

// What web has sent, as an error about it quotes it.
Packet sent_by_web(const char* to = "10.0.1.20")
{
    return Packet{}.from("10.0.1.10").to(to).udp(1000, 53);
}

// Web, which lets nothing in, has sent something to an instance on another host.
struct ErrorWorld : RulesWorld {
    explicit ErrorWorld(const Packet& sent = sent_by_web())
    {
        inbound(web, {});
        REQUIRE(web.sends(sent).verdict == kRedirected);
    }
    Outcome is_told(const Packet& quoted, Via via = Via::kTc, std::uint8_t type = kUnreachable)
    {
        return arrives(far_web, web, Packet{}.icmp(type, 1).quoting(quoted), via);
    }
};

} // namespace

TEST_CASE("an answer nobody has asked for is dropped", "[bpf][icmp]")
{
    struct Row {
        std::uint8_t question, answer;
    };
    const auto row = GENERATE(values<Row>({{8, 0}, {13, 14}, {15, 16}, {17, 18}}));
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    CAPTURE(static_cast<int>(row.answer));
    RulesWorld world;
    const auto arrive = [&](std::uint16_t id) {
        return world.arrives(world.far_web, world.web, Packet{}.icmp(row.answer, 0, id, 1), via).verdict;
    };

    CHECK(arrive(7) == dropped(DROP_ICMP_UNASKED));
    CHECK(world.database.sends(Packet{}.to("10.0.1.10").icmp(row.answer, 0, 7, 1)).verdict ==
          dropped(DROP_ICMP_UNASKED));
    CHECK(world.flow_keys().empty());

    REQUIRE(world.web.sends(Packet{}.to("10.0.1.20").icmp(row.question, 0, 7, 1)).verdict == kRedirected);
    CHECK(arrive(7) == let_through(via));
    CHECK(arrive(8) == dropped(DROP_ICMP_UNASKED));
    const std::uint8_t other = row.answer == 0 ? 14 : 0;
    CHECK(world.arrives(world.far_web, world.web, Packet{}.icmp(other, 0, 7, 1), via).verdict ==
          dropped(DROP_ICMP_UNASKED));
}

TEST_CASE("an error about what an instance has sent reaches it, whatever its rules", "[bpf][icmp]")
{
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    const auto type = GENERATE(kUnreachable, kExceeded, kBadParameter);
    const auto sent = GENERATE(values<Packet>({sent_by_web(), sent_by_web().tcp(1000, 80).flags(kSyn),
                                               sent_by_web().icmp_echo(7, 1), sent_by_web().icmp(13, 0, 7, 1),
                                               sent_by_web().protocol(47), sent_by_web().fragment(0, true)}));
    ErrorWorld world{sent};

    CHECK(world.is_told(sent, via, type).verdict == let_through(via));
    CHECK(world.flow_keys().size() == 2);

    SECTION("also from a router on the way")
    {
        const auto error = Packet{}.from("198.51.100.1").icmp(type, 0).quoting(sent);
        CHECK(world.arrives(world.far_web, world.web, error, via).verdict == let_through(via));
    }
    SECTION("with options in the header that is quoted")
    {
        const auto whole = Packet{sent}.ip_options(8).bytes();
        const auto error = Packet{}.icmp(type, 0).payload(Bytes(whole.begin() + 14, whole.begin() + 14 + 36));
        CHECK(world.arrives(world.far_web, world.web, error, via).verdict == let_through(via));
    }
    SECTION("also when the answer came before")
    {
        world.arrives(world.far_web, world.web, Packet{}.udp(53, 1000), via);
        CHECK(world.is_told(sent, via, type).verdict == let_through(via));
    }
}

TEST_CASE("an error about anything else is dropped", "[bpf][icmp]")
{
    struct Row {
        const char* name;
        Packet quoted;
        std::size_t bytes = 28; // of the quote
    };
    const auto row = GENERATE(values<Row>({
        {"another port of the sender", sent_by_web().udp(1001, 53)},
        {"another port of the receiver", sent_by_web().udp(1000, 54)},
        {"another protocol", sent_by_web().tcp(1000, 53)},
        {"another receiver", sent_by_web("10.0.1.21")},
        {"another sender", sent_by_web().from("10.0.1.11")},
        {"what comes the other way", Packet{}.from("10.0.1.20").to("10.0.1.10").udp(53, 1000)},
        {"a later fragment, whose payload looks like the ports",
         sent_by_web().protocol(kUdp).payload({3, 232, 0, 53, 0, 0, 0, 0}).fragment(64, false)},
        {"no IPv4", sent_by_web().ip_version(6)},
        {"a header too short", sent_by_web().ip_header_words(4)},
        {"a header that is longer than the quote", sent_by_web().ip_header_words(15)},
        {"half of the ports", sent_by_web(), 22},
        {"all but the last byte", sent_by_web(), 27},
        {"the IP header only", sent_by_web(), 20},
        {"half an IP header", sent_by_web(), 10},
        {"nothing", sent_by_web(), 0},
        {"an ICMP error", sent_by_web().icmp(3, 1)},
    }));
    const auto via = GENERATE(Via::kTc, Via::kXdp);
    ErrorWorld world;
    const auto whole = row.quoted.bytes();
    const auto error =
        Packet{}
            .icmp(kUnreachable, 1)
            .payload(Bytes(whole.begin() + 14, whole.begin() + 14 + static_cast<std::ptrdiff_t>(row.bytes)));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = world.arrives(world.far_web, world.web, error, via);
        CHECK(out.verdict == dropped(DROP_ICMP_UNRELATED));
        CHECK(out.drop->interface == world.web.id);
        CHECK(world.is_told(sent_by_web(), via).verdict == let_through(via));
    }
}

TEST_CASE("an error is sent about what an instance has received", "[bpf][icmp]")
{
    RulesWorld world;
    world.outbound(world.web, {});
    world.arrives(world.far_web, world.web, Packet{}.udp(1000, 53));
    const auto received = Packet{}.from("10.0.1.20").to("10.0.1.10").udp(1000, 53);
    const auto tell = [&](const Packet& quoted) {
        return world.web.sends(Packet{}.to("10.0.1.20").icmp(kUnreachable, 3).quoting(quoted)).verdict;
    };

    CHECK(tell(received) == kRedirected);
    CHECK(tell(Packet{received}.udp(1001, 53)) == dropped(DROP_ICMP_UNRELATED));
    CHECK(tell(sent_by_web()) == dropped(DROP_ICMP_UNRELATED));
}

TEST_CASE("on one host an error is about what its sender has received and its receiver has sent", "[bpf][icmp]")
{
    RulesWorld world;
    world.inbound(world.web, {});
    world.outbound(world.database, {});
    REQUIRE(world.web.sends(Packet{}.to("10.0.2.10").udp(1000, 53)).verdict == kRedirected);
    const auto quoted = sent_by_web("10.0.2.10");
    const auto error = Packet{}.to("10.0.1.10").icmp(kUnreachable, 3).quoting(quoted);

    CHECK(world.database.sends(error).verdict == kRedirected);
    CHECK(world.neighbour.sends(error).verdict == dropped(DROP_ICMP_UNRELATED));
    CHECK(world.database.sends(Packet{error}.to("10.0.1.11")).verdict == dropped(DROP_ICMP_UNRELATED));
}

TEST_CASE("a router instance tells the sender what became of a packet it was to send on", "[bpf][icmp]")
{
    RulesWorld world;
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.neighbour.next_hop);
    world.web.sends(Packet{}.to("10.9.0.1").udp(1000, 53));

    const auto error = Packet{}.to("10.0.1.10").icmp(kExceeded, 0).quoting(sent_by_web("10.9.0.1"));

    CHECK(world.neighbour.sends(error).verdict == kRedirected);
}

TEST_CASE("an error is about a connection only while the rules let it pass", "[bpf][icmp]")
{
    ErrorWorld world;
    const auto ask = [&] { return world.web.sends(sent_by_web()).verdict; };
    const auto told = [&] { return world.is_told(sent_by_web()).verdict; };
    REQUIRE(told() == kRedirected);

    world.outbound(world.web, {});
    world.web.bump();
    CHECK(told() == dropped(DROP_ICMP_UNRELATED));
    CHECK(ask() == dropped(DROP_GROUP_OUT));
    CHECK(told() == dropped(DROP_ICMP_UNRELATED));

    world.outbound(world.web, {{}});
    world.web.bump();
    CHECK(ask() == kRedirected);
    CHECK(told() == kRedirected);
}

TEST_CASE("an error is about a connection that only its answer has shown to be allowed still", "[bpf][icmp]")
{
    ErrorWorld world;
    world.web.bump();
    REQUIRE(world.is_told(sent_by_web()).verdict == dropped(DROP_ICMP_UNRELATED));

    world.arrives(world.far_web, world.web, Packet{}.udp(53, 1000));

    CHECK(world.is_told(sent_by_web()).verdict == kRedirected);
}

TEST_CASE("other ICMP messages are judged one by one", "[bpf][icmp]")
{
    const auto type = GENERATE(std::uint8_t{4}, std::uint8_t{5}, std::uint8_t{9}, std::uint8_t{40});
    CAPTURE(static_cast<int>(type));
    RulesWorld world;
    const auto in = world.inbound(world.web, {{.protocol = kIcmp, .port = icmp_port(type), .port_bits = 8}});
    const auto send = [&] {
        return world.database.sends(Packet{}.to("10.0.1.10").icmp(type, 1).quoting(sent_by_web())).verdict;
    };

    CHECK(send() == kRedirected);
    CHECK(send() == kRedirected);
    CHECK(world.hits(id_of(in, 0)) == 2);
    world.inbound(world.web, {}); // no generation says so
    CHECK(send() == dropped(DROP_GROUP_IN));
    CHECK(world.flow_keys().empty());
}
