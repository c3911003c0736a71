// The flow tables: decided once, decided again when something changed, apart where packets could be confused.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <arpa/inet.h>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

constexpr auto kMiss = COUNTER_FLOW_MISS;

flow_key key(const Instance& from, std::string_view to, std::uint8_t protocol, int from_port, int to_port)
{
    flow_key out{};
    out.source = to_address(ipv4(from.address));
    out.destination = to_address(ipv4(to));
    out.vpc = from.vni;
    out.entry = from.id;
    out.source_port = htons(static_cast<std::uint16_t>(from_port));
    out.destination_port = htons(static_cast<std::uint16_t>(to_port));
    out.protocol = protocol;
    return out;
}

struct FlowWorld : Underlay {
    Instance web = interface("10.0.1.10");
    Instance neighbour = interface("10.0.1.11");
    Instance database = interface("10.0.2.10");

    Packet ask() const { return Packet{}.to("10.0.2.10").udp(1000, 53); }
    Packet answer() const { return Packet{}.to("10.0.1.10").udp(53, 1000); }
    flow_key asked() const { return key(web, "10.0.2.10", IPPROTO_UDP, 1000, 53); }
    flow_key answered() const { return key(database, "10.0.1.10", IPPROTO_UDP, 53, 1000); }
};

} // namespace

TEST_CASE("the first packet writes a pair of flows", "[bpf][flow]")
{
    FlowWorld world;

    const auto out = world.web.sends(world.ask());

    CHECK(out.counters[kMiss] == 1);
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 1);
    CHECK(out.counters[COUNTER_FLOW_UNRECORDED] == 0);
    CHECK(world.flow_keys().size() == 2);
    const auto forward = world.flow(world.asked());
    CHECK(forward.flags == (FLOW_DECIDED | FLOW_ROUTED));
    CHECK(forward.next_hop == world.database.next_hop);
    CHECK(forward.source_interface == world.web.id);
    CHECK(forward.destination_interface == world.database.id);
    CHECK(forward.packets == 1);
    CHECK(forward.bytes == world.web.complete(world.ask()).size());
    CHECK(forward.peer_entry == world.database.id);
    const auto reverse = world.flow(world.answered());
    CHECK(reverse.flags == FLOW_REVERSE);
    CHECK(reverse.packets == 0);
    CHECK(reverse.peer_entry == world.web.id);
}

TEST_CASE("the second packet is not decided again, and looks like the first", "[bpf][flow]")
{
    FlowWorld world;
    const auto first = world.web.sends(world.ask());

    const auto second = world.web.sends(world.ask());

    CHECK(second.counters[kMiss] == 0);
    CHECK(second.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(second.bytes == first.bytes);
    CHECK(world.flow(world.asked()).packets == 2);
    CHECK(world.flow(world.asked()).bytes == 2 * first.bytes.size());
}

TEST_CASE("the answer decides its own direction and stays the answer", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());

    const auto out = world.database.sends(world.answer());

    CHECK(out.verdict == kRedirected);
    CHECK(out.counters[kMiss] == 1);
    CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    CHECK(world.flow(world.answered()).flags == (FLOW_DECIDED | FLOW_REVERSE | FLOW_ROUTED));
    CHECK(world.flow(world.answered()).packets == 1);
    CHECK(world.database.sends(world.answer()).counters[kMiss] == 0);
    CHECK(world.flow(world.asked()).flags == (FLOW_DECIDED | FLOW_ROUTED));
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("a change of what a flow was decided under decides it again, once", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());
    world.database.sends(world.answer());

    SECTION("the sender's generation")
    {
        world.web.bump();
    }
    SECTION("the receiver's generation")
    {
        world.database.bump();
    }
    SECTION("the next hop's serial")
    {
        world.change_next_hop(world.database.next_hop, [](auto& n) { n.serial++; });
    }

    const auto before = world.flow(world.asked());
    const auto again = world.web.sends(world.ask());
    CHECK(again.verdict == kRedirected);
    CHECK(again.counters[kMiss] == 1);
    CHECK(again.counters[COUNTER_FLOW_CREATED] == 0);
    const auto after = world.flow(world.asked());
    CHECK(after.packets == before.packets + 1);
    CHECK(after.created == before.created);
    CHECK(world.web.sends(world.ask()).counters[kMiss] == 0);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("an answer decided again stays the answer", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());
    world.database.sends(world.answer());
    world.web.bump();

    CHECK(world.database.sends(world.answer()).counters[kMiss] == 1);

    CHECK(world.flow(world.answered()).flags == (FLOW_DECIDED | FLOW_REVERSE | FLOW_ROUTED));
}

TEST_CASE("another interface's generation leaves a flow alone", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());
    world.neighbour.bump();

    CHECK(world.web.sends(world.ask()).counters[kMiss] == 0);
}

TEST_CASE("a flow follows a changed route only when the generation says so", "[bpf][flow]")
{
    FlowWorld world;
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.neighbour.next_hop);
    const auto packet = Packet{}.to("10.9.0.1");
    world.web.sends(packet);

    world.route("10.9.0.0/16", ROUTE_BLACKHOLE);
    CHECK(world.web.sends(packet).verdict == kRedirected);
    world.web.bump();
    CHECK(world.web.sends(packet).verdict == dropped(DROP_BLACKHOLE));
}

TEST_CASE("an instance that moves keeps its flows: one write sends them elsewhere", "[bpf][flow]")
{
    FlowWorld world;
    const auto host = world.host("192.0.2.2");
    world.web.sends(world.ask());

    world.change_next_hop(world.database.next_hop, [&](auto& n) {
        n.host = host;
        n.interface = 0;
    });

    const auto out = world.web.sends(world.ask());
    CHECK(out.counters[COUNTER_ENCAPSULATED] == 1);
    CHECK(out.counters[kMiss] == 0);
}

TEST_CASE("a ping and its reply are the two directions of one flow", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(Packet{}.to("10.0.2.10").icmp_echo(7, 1));
    world.database.sends(Packet{}.to("10.0.1.10").icmp_echo_reply(7, 1));

    CHECK(world.flow_keys().size() == 2);
    const auto request = key(world.web, "10.0.2.10", IPPROTO_ICMP, 0, 0);
    auto asked = request, answered = key(world.database, "10.0.1.10", IPPROTO_ICMP, 0, 0);
    asked.source_port = answered.destination_port = htons(7);
    asked.destination_port = answered.source_port = htons(8);
    CHECK(world.flow(asked).flags == (FLOW_DECIDED | FLOW_ROUTED));
    CHECK(world.flow(answered).flags == (FLOW_DECIDED | FLOW_REVERSE | FLOW_ROUTED));

    SECTION("another identifier is another flow")
    {
        CHECK(world.web.sends(Packet{}.to("10.0.2.10").icmp_echo(8, 1)).counters[COUNTER_FLOW_CREATED] == 1);
    }
    SECTION("a ping the other way with the same identifier is another flow")
    {
        const auto out = world.database.sends(Packet{}.to("10.0.1.10").icmp_echo(7, 1));
        CHECK(out.counters[COUNTER_FLOW_CREATED] == 1);
        CHECK(world.flow_keys().size() == 4);
    }
}

TEST_CASE("what asks for no answer makes no flow", "[bpf][flow]")
{
    FlowWorld world;
    const auto type = GENERATE(std::uint8_t{3}, std::uint8_t{4}, std::uint8_t{5}, std::uint8_t{11}, std::uint8_t{12});
    CAPTURE(static_cast<int>(type));
    world.database.sends(world.answer());
    const auto quoted = world.answer().from(world.database.address);
    for (int i = 0; i < 2; i++) {
        const auto out = world.web.sends(Packet{}.to("10.0.2.10").icmp(type, 0).quoting(quoted));
        CHECK(out.verdict == kRedirected);
        CHECK(out.counters[kMiss] == 1);
        CHECK(out.counters[COUNTER_FLOW_CREATED] == 0);
    }
    CHECK(world.flow_keys().size() == 2); // of what they are about
}

TEST_CASE("fragments share the flow of their first one", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask().fragment(0, true));
    CHECK(world.web.sends(world.ask().fragment(64, true)).counters[kMiss] == 0);
    CHECK(world.web.sends(world.ask().fragment(128, false)).counters[kMiss] == 0);

    CHECK(world.flow(world.asked()).packets == 3);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("the TCP state follows the flags of its direction", "[bpf][flow]")
{
    struct Row {
        const char* name;
        std::vector<int> flags;
        tcp_state state;
        std::optional<std::uint64_t> packets = {}; // all, if it does not say
    };
    const auto row = GENERATE(values<Row>({
        {"SYN", {kSyn}, TCP_STATE_SYN},
        {"SYN-ACK of a connection older than the table", {kSyn | kAck}, TCP_STATE_ESTABLISHED},
        {"SYN twice", {kSyn, kSyn}, TCP_STATE_SYN},
        {"SYN, ACK", {kSyn, kAck}, TCP_STATE_ESTABLISHED},
        {"ACK of a connection older than the table", {kAck}, TCP_STATE_ESTABLISHED},
        {"SYN, ACK, FIN", {kSyn, kAck, kFin | kAck}, TCP_STATE_CLOSING},
        {"the last ACK keeps it closing", {kAck, kFin | kAck, kAck}, TCP_STATE_CLOSING},
        {"RST", {kSyn, kAck, kRst}, TCP_STATE_CLOSED},
        {"ACK after a RST that was ignored", {kAck, kRst, kAck}, TCP_STATE_ESTABLISHED},
        {"FIN after a RST that was ignored", {kAck, kRst, kFin | kAck}, TCP_STATE_CLOSING},
        {"RST beats FIN", {kAck, kRst | kFin | kAck}, TCP_STATE_CLOSED},
        {"the same ports again", {kAck, kRst, kSyn}, TCP_STATE_SYN, 1},
        {"the same ports again, and on", {kAck, kRst, kSyn, kAck}, TCP_STATE_ESTABLISHED, 2},
    }));
    FlowWorld world;

    DYNAMIC_SECTION(row.name)
    {
        for (const auto flags : row.flags)
            world.web.sends(Packet{}.to("10.0.2.10").tcp(1000, 80).flags(flags));
        const auto flow = world.flow(key(world.web, "10.0.2.10", IPPROTO_TCP, 1000, 80));
        CHECK(flow.tcp_state == row.state);
        CHECK(flow.packets == row.packets.value_or(row.flags.size()));
    }
}

TEST_CASE("UDP has no TCP state", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());
    world.web.sends(world.ask());
    CHECK(world.flow(world.asked()).tcp_state == TCP_STATE_NONE);
}

TEST_CASE("the same packet entering by two interfaces is two flows", "[bpf][flow]")
{
    FlowWorld world;
    world.neighbour.unchecked();
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.neighbour.next_hop);
    world.subnet(3, 9);
    world.route("10.9.0.0/16", ROUTE_INTERFACE, world.database.next_hop, 9);
    world.neighbour.change([](auto& i) { i.subnet = 3; });
    const auto packet = Packet{}.from("10.0.1.10").to("10.9.0.1");

    const auto to_router = world.web.sends(packet);
    const auto onwards = world.neighbour.sends(Packet{packet});

    CHECK(view(to_router.bytes).to_mac == world.neighbour.mac);
    CHECK(view(onwards.bytes).to_mac == world.database.mac);
    CHECK(onwards.counters[kMiss] == 1);
    // And neither takes the other's decision later.
    CHECK(world.web.sends(packet).bytes == to_router.bytes);
    CHECK(world.neighbour.sends(Packet{packet}).bytes == onwards.bytes);
    CHECK(world.flow_keys().size() == 4);
}

TEST_CASE("protocol and port keep flows apart", "[bpf][flow]")
{
    FlowWorld world;
    world.web.sends(world.ask());
    for (const auto& other : {Packet{}.to("10.0.2.10").udp(1000, 54), Packet{}.to("10.0.2.10").udp(1001, 53),
                              Packet{}.to("10.0.2.10").tcp(1000, 53), Packet{}.to("10.0.1.11").udp(1000, 53)})
        CHECK(world.web.sends(other).counters[COUNTER_FLOW_CREATED] == 1);
}
