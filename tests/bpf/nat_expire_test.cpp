// Connections through a NAT gateway end when nobody uses them, both directions or none.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "nat_world.h"

using namespace vpcd::test;

namespace {

// Far apart, and far from what passes while a test runs.
constexpr std::uint32_t timeout_of(int which)
{
    return (static_cast<std::uint32_t>(which) + 1) * 100'000;
}
constexpr std::uint32_t kMargin = 50'000;

struct EndWorld : NatWorld {
    ::expiry expiry{};

    EndWorld()
    {
        for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++)
            expiry.timeouts[i] = timeout_of(i);
    }
    void age(std::uint32_t by, const std::function<void(const flow_key&, translation&)>& edit = {}) const
    {
        for (const auto& key : datapath.keys<flow_key>("translations")) {
            translation row{};
            datapath.get("translations", key, row);
            row.last_seen = std::max(row.last_seen - by, 1u);
            if (edit)
                edit(key, row);
            datapath.put("translations", key, row);
        }
    }
    std::uint32_t expire()
    {
        datapath.expire_flows(expiry);
        return expiry.translations_ended;
    }
};

} // namespace

TEST_CASE("how long a translation lasts depends on what both sides have said", "[bpf][nat]")
{
    struct Row {
        const char* name;
        Packet packet;
        tcp_state out, in;
        bool is_answered;
        flow_timeout timeout;
    };
    constexpr auto kNone = TCP_STATE_NONE, kSynSent = TCP_STATE_SYN, kOpen = TCP_STATE_ESTABLISHED,
                   kClosing = TCP_STATE_CLOSING, kClosed = TCP_STATE_CLOSED;
    const auto tcp = Packet{}.tcp(5000, 443).flags(kSyn);
    const auto row = GENERATE_COPY(values<Row>({
        {"TCP, a SYN", tcp, kSynSent, kNone, false, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, a SYN that was answered", tcp, kSynSent, kSynSent, true, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, established", tcp, kOpen, kSynSent, true, FLOW_TIMEOUT_TCP_ESTABLISHED},
        {"TCP, one FIN", tcp, kOpen, kClosing, true, FLOW_TIMEOUT_TCP_CLOSING},
        {"TCP, two FINs", tcp, kClosing, kClosing, true, FLOW_TIMEOUT_TCP_CLOSED},
        {"TCP, a RST", tcp, kOpen, kClosed, true, FLOW_TIMEOUT_TCP_CLOSED},
        {"UDP, unanswered", Packet{}.udp(5000, 53), kNone, kNone, false, FLOW_TIMEOUT_UDP_UNANSWERED},
        {"UDP", Packet{}.udp(5000, 53), kNone, kNone, true, FLOW_TIMEOUT_UDP},
        {"ping", Packet{}.icmp_echo(7, 1), kNone, kNone, true, FLOW_TIMEOUT_ICMP},
        {"GRE", Packet{}.protocol(47), kNone, kNone, true, FLOW_TIMEOUT_OTHER},
    }));
    const bool is_over = GENERATE(false, true);

    DYNAMIC_SECTION(row.name << (is_over ? ", over" : ", not yet"))
    {
        EndWorld world;
        world.plain.sends(Packet{row.packet}.to(kClient));
        world.age(is_over ? timeout_of(row.timeout) + kMargin : timeout_of(row.timeout) - kMargin,
                  [&](const flow_key&, translation& half) {
                      const bool goes_out = half.flags & TRANSLATION_OUT;
                      half.tcp_state = goes_out ? row.out : row.in;
                      half.packets = goes_out || row.is_answered;
                  });

        CHECK(world.expire() == (is_over ? 2 : 0));
        CHECK(world.expiry.translations_seen >= (is_over ? 1 : 2));
        CHECK(world.translations() == (is_over ? 0 : 2));
        CHECK(world.pairs(kVpc) == (is_over ? 0 : 1));
        CHECK(world.datapath.keys<translation_count_key>("translation_counts").size() == (is_over ? 0 : 3));
    }
}

TEST_CASE("a translation whose other direction is in use lasts", "[bpf][nat]")
{
    EndWorld world;
    world.plain.sends(Packet{}.to(kClient).udp(5000, 53));
    world.age(0, [&](const flow_key&, translation& half) {
        if (half.flags & TRANSLATION_OUT)
            half.last_seen = std::max(half.last_seen - timeout_of(FLOW_TIMEOUT_COUNT), 1u);
    });

    CHECK(world.expire() == 0);
    CHECK(world.translations() == 2);
}

TEST_CASE("translations of an address that is served here no more end at once", "[bpf][nat]")
{
    EndWorld world;
    world.plain.sends(Packet{}.to(kClient).udp(5000, 53));
    world.age(1);
    world.generation = 0;
    world.shared(kShared);

    CHECK(world.expire() == 2);
}

TEST_CASE("a mapping lasts as long as a connection by it", "[bpf][nat]")
{
    EndWorld world;
    world.shares("10.0.1.0/24", {.is_independent = true});
    world.plain.sends(Packet{}.to(kClient).udp(5000, 53));
    REQUIRE(world.translations() == 4);
    const auto is_mapping = [](const flow_key& key) {
        return ipv4_of(key.source) == 0 || ipv4_of(key.destination) == 0;
    };

    SECTION("however long it was not used itself")
    {
        world.age(0, [&](const flow_key& key, translation& half) {
            if (is_mapping(key))
                half.last_seen = 1;
        });
        CHECK(world.expire() == 0);
        CHECK(world.translations() == 4);
    }
    SECTION("and then goes as well")
    {
        world.age(timeout_of(FLOW_TIMEOUT_COUNT));
        CHECK(world.expire() == 4);
        CHECK(world.translations() == 0);
        CHECK(world.pairs(kVpc) == 0);
    }
}

TEST_CASE("a connection begun anew where one has ended lasts like a new one", "[bpf][nat]")
{
    EndWorld world;
    const auto sent = [&](int flags) { return world.plain.sends(Packet{}.to(kClient).tcp(5000, 443).flags(flags)); };
    const auto port = view(sent(kSyn).bytes).from_port;
    const auto answered = [&](int flags) {
        return world.receives_from_outside(from_client(kShared).tcp(443, port).flags(flags));
    };
    answered(kSyn | kAck);
    sent(kAck);
    const bool is_reset = GENERATE(false, true);
    if (is_reset) {
        answered(kRst | kAck);
    } else {
        sent(kFin | kAck);
        answered(kFin | kAck);
    }

    CHECK(view(sent(kSyn).bytes).from_port == port);
    answered(kSyn | kAck);
    sent(kAck);

    CHECK(world.translations() == 2);
    world.age(timeout_of(FLOW_TIMEOUT_TCP_ESTABLISHED) + kMargin); // here shorter than that of ended ones
    CHECK(world.expire() == 2);
}
