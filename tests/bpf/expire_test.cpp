// The programs that end flows, as the agent runs them, over entries of any age.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

// Far apart, and far from what passes while a test runs.
constexpr std::uint32_t timeout_of(int which)
{
    return (static_cast<std::uint32_t>(which) + 1) * 100'000;
}
constexpr std::uint32_t kMargin = 50'000;

struct Half {
    tcp_state state = TCP_STATE_NONE;
    std::uint64_t packets = 1;
    std::uint32_t age = 0;
};

struct ExpireWorld : RulesWorld {
    std::uint32_t now = 0; // jiffies
    ::expiry expiry{};

    ExpireWorld()
    {
        web.sends(Packet{}.to("10.0.2.10"));
        now = flow(flow_keys().at(0)).last_seen;
        for (const auto& key : flow_keys())
            datapath.erase("pending", key);
        for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++)
            expiry.timeouts[i] = timeout_of(i);
    }

    flow_key of_opener(std::uint8_t protocol = kTcp, std::uint32_t vni = kVpc) const
    {
        return key_of("10.0.1.10", "10.0.2.10", web.id, protocol, 1000, 80, vni);
    }
    flow_key of_other(std::uint8_t protocol = kTcp, std::uint32_t vni = kVpc) const
    {
        return key_of("10.0.2.10", "10.0.1.10", database.id, protocol, 80, 1000, vni);
    }
    void put(const char* table, const flow_key& key, const Half& half, std::uint32_t peer_entry) const
    {
        ::flow row{};
        row.packets = half.packets;
        row.tcp_state = static_cast<__u8>(half.state);
        row.last_seen = row.created = std::max(now - half.age, 1u);
        row.peer_entry = peer_entry;
        datapath.put(table, key, row);
    }
    void put_pair(const char* table, std::uint8_t protocol, const Half& asking, const Half& answering,
                  std::uint32_t vni = kVpc) const
    {
        put(table, of_opener(protocol, vni), asking, database.id);
        put(table, of_other(protocol, vni), answering, web.id);
    }
    void expect_counted(std::uint64_t entries, std::uint32_t vni = kVpc) const
    {
        datapath.put("flow_counts", vpc_key{vni}, flow_count{entries});
    }
    std::uint32_t expire()
    {
        datapath.expire_flows(expiry);
        return expiry.ended;
    }
};

} // namespace

TEST_CASE("how long a pair is kept depends on its protocol and on what both sides have said", "[bpf][expire]")
{
    struct Row {
        const char* name;
        const char* table;
        std::uint8_t protocol;
        Half opener, other;
        flow_timeout timeout;
    };
    constexpr auto kNone = TCP_STATE_NONE, kSynSent = TCP_STATE_SYN, kOpen = TCP_STATE_ESTABLISHED,
                   kClosing = TCP_STATE_CLOSING, kClosed = TCP_STATE_CLOSED;
    const auto row = GENERATE(values<Row>({
        {"TCP, a SYN", "pending", kTcp, {kSynSent}, {kNone, 0}, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, a SYN that was answered", "pending", kTcp, {kSynSent}, {kSynSent}, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, taken up in the middle", "pending", kTcp, {kOpen}, {kOpen, 0}, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, a SYN and a FIN", "pending", kTcp, {kClosing}, {kSynSent}, FLOW_TIMEOUT_TCP_HANDSHAKE},
        {"TCP, a SYN and a RST", "pending", kTcp, {kClosed}, {kNone, 0}, FLOW_TIMEOUT_TCP_CLOSED},
        {"TCP, established", "flows", kTcp, {kOpen}, {kOpen}, FLOW_TIMEOUT_TCP_ESTABLISHED},
        {"TCP, the server has sent nothing yet", "flows", kTcp, {kOpen}, {kSynSent}, FLOW_TIMEOUT_TCP_ESTABLISHED},
        {"TCP, the opener's FIN", "flows", kTcp, {kClosing}, {kOpen}, FLOW_TIMEOUT_TCP_CLOSING},
        {"TCP, the other's FIN", "flows", kTcp, {kOpen}, {kClosing}, FLOW_TIMEOUT_TCP_CLOSING},
        {"TCP, both FINs", "flows", kTcp, {kClosing}, {kClosing}, FLOW_TIMEOUT_TCP_CLOSED},
        {"TCP, the opener's RST", "flows", kTcp, {kClosed}, {kOpen}, FLOW_TIMEOUT_TCP_CLOSED},
        {"TCP, the other's RST", "flows", kTcp, {kOpen}, {kClosed}, FLOW_TIMEOUT_TCP_CLOSED},
        {"TCP, a FIN and a RST", "flows", kTcp, {kClosing}, {kClosed}, FLOW_TIMEOUT_TCP_CLOSED},
        {"UDP, unanswered", "pending", kUdp, {kNone, 3}, {kNone, 0}, FLOW_TIMEOUT_UDP_UNANSWERED},
        {"UDP, one way for long", "flows", kUdp, {kNone, 300}, {kNone, 0}, FLOW_TIMEOUT_UDP_UNANSWERED},
        {"UDP, answered once", "pending", kUdp, {kNone, 1}, {kNone, 1}, FLOW_TIMEOUT_UDP},
        {"UDP, answered", "flows", kUdp, {kNone, 3}, {kNone, 3}, FLOW_TIMEOUT_UDP},
        {"ping, unanswered", "pending", kIcmp, {kNone, 1}, {kNone, 0}, FLOW_TIMEOUT_ICMP},
        {"ping", "flows", kIcmp, {kNone, 5}, {kNone, 5}, FLOW_TIMEOUT_ICMP},
        {"another protocol", "pending", 47, {kNone, 1}, {kNone, 0}, FLOW_TIMEOUT_OTHER},
        {"another protocol, answered", "flows", 47, {kNone, 9}, {kNone, 9}, FLOW_TIMEOUT_OTHER},
    }));
    const bool is_over = GENERATE(false, true);

    DYNAMIC_SECTION(row.name << (is_over ? ", over" : ", not yet"))
    {
        ExpireWorld world;
        auto opener = row.opener, other = row.other;
        opener.age = other.age = is_over ? timeout_of(row.timeout) + kMargin : timeout_of(row.timeout) - kMargin;
        world.put_pair(row.table, row.protocol, opener, other);
        const bool is_counted = std::string_view{row.table} == "flows";
        world.expect_counted(is_counted ? 2 : 0);

        CHECK(world.expire() == (is_over ? 2 : 0));
        CHECK(world.expiry.seen >= (is_over ? 1 : 2)); // the first to be visited takes the other with it
        CHECK(world.flow_keys().size() == (is_over ? 0 : 2));
        CHECK(world.established() == (is_counted && !is_over ? 2 : 0));
    }
}

TEST_CASE("a pair is kept while one of its directions is used", "[bpf][expire]")
{
    const auto table = GENERATE(as<std::string>{}, "flows", "pending");
    const bool by_opener = GENERATE(false, true);
    ExpireWorld world;
    Half used{TCP_STATE_ESTABLISHED, 1, 0}, idle{TCP_STATE_ESTABLISHED, 1, timeout_of(FLOW_TIMEOUT_COUNT)};
    world.put_pair(table.c_str(), kTcp, by_opener ? used : idle, by_opener ? idle : used);

    CHECK(world.expire() == 0);
    CHECK(world.expiry.seen == 2);
    CHECK(world.flow_keys().size() == 2);
}

TEST_CASE("an entry that seems to be of the future is kept", "[bpf][expire]")
{
    ExpireWorld world;
    std::ranges::fill(world.expiry.timeouts, 0);
    world.now += kMargin;
    world.put_pair("flows", kUdp, {}, {});

    CHECK(world.expire() == 0);
}

TEST_CASE("an entry whose other direction is not known ends by itself", "[bpf][expire]")
{
    ExpireWorld world;
    const std::uint32_t old = timeout_of(FLOW_TIMEOUT_COUNT);
    world.put("flows", world.of_opener(), {TCP_STATE_ESTABLISHED, 1, old}, 0);
    world.put("pending", world.of_other(kUdp), {TCP_STATE_NONE, 1, old}, 0);
    world.expect_counted(1);

    CHECK(world.expire() == 2);
    CHECK(world.flow_keys().empty());
    CHECK(world.established() == 0);
}

TEST_CASE("flows of a VPC that has left this host end at once", "[bpf][expire]")
{
    ExpireWorld world;
    const Half recent{TCP_STATE_ESTABLISHED, 5, kMargin};
    world.put_pair("flows", kTcp, recent, recent, kOtherVpc);
    world.put_pair("pending", kUdp, recent, recent, kOtherVpc);
    world.put_pair("flows", kTcp, recent, recent);
    world.expect_counted(2, kOtherVpc), world.expect_counted(2);

    CHECK(world.expire() == 4);

    CHECK(world.flow_keys().size() == 2);
    CHECK(world.established(kOtherVpc) == 0);
    CHECK(world.established() == 2);
}

TEST_CASE("what ends is counted, and the share of its VPC is exact", "[bpf][expire]")
{
    ExpireWorld world;
    world.vpc(kOtherVpc);
    std::uint64_t kept = 0;
    for (std::uint16_t port = 0; port < 100; port++) {
        const auto key = [&](std::uint32_t vni) { return key_of("10.0.1.10", "10.0.2.10", 1, kUdp, port, 53, vni); };
        const bool is_old = port % 3 == 0;
        world.put("flows", key(kVpc), {TCP_STATE_NONE, 1, is_old ? timeout_of(FLOW_TIMEOUT_COUNT) : 0}, 0);
        world.put("flows", key(kOtherVpc), {TCP_STATE_NONE, 1, 0}, 0);
        kept += !is_old;
    }
    world.expect_counted(100), world.expect_counted(100, kOtherVpc);
    const auto expired = [&] {
        return world.datapath.sum<std::uint32_t, std::uint64_t>("counters", COUNTER_FLOW_EXPIRED);
    };
    const auto before = expired();

    CHECK(world.expire() == 100 - kept);

    CHECK(world.expiry.seen == 200);
    CHECK(expired() - before == 100 - kept);
    CHECK(world.established() == kept);
    CHECK(world.established(kOtherVpc) == 100);
    CHECK(world.flow_keys().size() == kept + 100);
}

TEST_CASE("an entry that is about to be removed is known to nobody", "[bpf][expire]")
{
    const auto table = GENERATE(as<std::string>{}, "flows", "pending");
    CAPTURE(table);
    ExpireWorld world;
    world.change_vpc([](auto& v) { v.flags = VPC_MIDSTREAM_DROP; });
    const auto say = [&](int flags) {
        return world.web.sends(Packet{}.to("10.0.2.10").tcp(1000, 80).flags(flags)).verdict;
    };
    say(kSyn);
    world.database.sends(Packet{}.to("10.0.1.10").tcp(80, 1000).flags(kSyn | kAck));
    say(kAck);
    REQUIRE(world.is_established(world.of_opener()));
    for (const auto& key : {world.of_opener(), world.of_other()}) {
        auto row = world.flow(key);
        row.last_seen = FLOW_GONE;
        world.datapath.erase("flows", key);
        world.datapath.put(table.c_str(), key, row);
    }

    CHECK(say(kAck) == dropped(DROP_TCP_UNKNOWN));
    CHECK(say(kRst) == dropped(DROP_TCP_UNKNOWN));
    CHECK(world.expire() == 0);
}

TEST_CASE("a flow is forgotten with its other direction, wherever they are", "[bpf][expire]")
{
    const bool is_established = GENERATE(false, true);
    const bool by_opener = GENERATE(false, true);
    CAPTURE(is_established, by_opener);
    ExpireWorld world;
    for (int i = 0; i < (is_established ? 2 : 1); i++) {
        world.web.sends(Packet{}.to("10.0.2.10").udp(1000, 80));
        world.database.sends(Packet{}.to("10.0.1.10").udp(80, 1000));
        world.web.sends(Packet{}.to("10.0.2.10").udp(2000, 80));
    }
    ::forgetting forgetting{.key = by_opener ? world.of_opener(kUdp) : world.of_other(kUdp), .ended = 9};
    REQUIRE(world.is_established(forgetting.key) == is_established);

    world.datapath.forget_flow(forgetting);

    CHECK(forgetting.ended == 2);
    CHECK(world.flow_keys().size() == 2); // the other connection's
    CHECK(world.established() == 0);
    CHECK(world.web.sends(Packet{}.to("10.0.2.10").udp(1000, 80)).counters[COUNTER_FLOW_CREATED] == 1);

    forgetting.key.source_port ^= 1;
    world.datapath.forget_flow(forgetting);
    CHECK(forgetting.ended == 0);
}
