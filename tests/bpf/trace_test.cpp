// A traced packet meets the same verdict as any other, says how it came to it, and leaves nothing behind.
#include <algorithm>
#include <functional>
#include <set>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <linux/pkt_cls.h>

#include "trace_rows.h"

using namespace vpcd::test;

namespace {

const char* name(trace_id step)
{
    static constexpr const char* kNames[] = {
#define X(id, name, sentence) #id,
        VPCD_TRACE(X)
#undef X
    };
    return step < TRACE_COUNT ? kNames[step] : "?";
}

std::vector<trace_step> taken(const Datapath& datapath)
{
    trace_record record{};
    REQUIRE(datapath.get("traces", 0u, record));
    REQUIRE(record.count <= VPCD_TRACE_STEPS);
    return {record.steps, record.steps + record.count};
}

struct Traced {
    RunResult result;
    std::vector<trace_step> steps;

    const trace_step* find(trace_id step) const
    {
        const auto found = std::ranges::find(steps, static_cast<__u32>(step), &trace_step::step);
        return found == steps.end() ? nullptr : &*found;
    }
};

Traced follow(const Underlay& world, const Probe& probe, RunOptions options = {})
{
    world.datapath.put("traces", 0u, trace_record{});
    options.ifindex = probe.ifindex;
    options.mark |= kTraceMark;
    auto result = world.datapath.run(probe.program, probe.packet, options);
    return {std::move(result), taken(world.datapath)};
}

Outcome send(Underlay& world, const Probe& probe)
{
    return measure(world.datapath, false,
                   [&] { return world.datapath.run(probe.program, probe.packet, {.ifindex = probe.ifindex}); });
}

// Everything a packet may leave behind, as bytes.
Bytes traces_of_packets(const Datapath& datapath)
{
    Bytes all;
    const auto add = [&](const auto& value) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
        all.insert(all.end(), bytes, bytes + sizeof(value));
    };
    for (const char* table : {"flows", "pending"})
        for (const auto& key : datapath.keys<flow_key>(table)) {
            ::flow flow{};
            datapath.get(table, key, flow);
            add(key), add(flow);
        }
    for (const auto& key : datapath.keys<fragment_key>("fragments"))
        add(key);
    for (const auto& key : datapath.keys<rule_hit_key>("rule_hits")) {
        rule_hits hits{};
        datapath.get("rule_hits", key, hits);
        add(key), add(hits);
    }
    for (const auto& key : datapath.keys<drop_key>("drops"))
        add(key), add(datapath.sum<drop_key, drop_count>("drops", key));
    for (std::uint32_t i = 0; i < COUNTER_COUNT; i++)
        add(datapath.sum<std::uint32_t, std::uint64_t>("counters", i));
    for (std::uint32_t i = 0; i < kDevices; i++)
        add(datapath.sum<std::uint32_t, interface_counters>("traffic", i));
    return all;
}

std::vector<std::string> names_of(const std::vector<trace_step>& steps)
{
    std::vector<std::string> names;
    for (const auto& step : steps)
        names.emplace_back(name(static_cast<trace_id>(step.step)));
    return names;
}

std::vector<std::string> names_of(const std::vector<trace_id>& steps)
{
    std::vector<std::string> names;
    for (const auto step : steps)
        names.emplace_back(name(step));
    return names;
}

} // namespace

TEST_CASE("each stage says what it decided", "[bpf][trace]")
{
    for (const auto& row : trace_rows()) {
        CAPTURE(row.name);
        TraceWorld world;
        CHECK(names_of(follow(world, row.probe(world)).steps) == names_of(row.steps));
    }
}

TEST_CASE("every step there is has a packet that takes it", "[bpf][trace]")
{
    std::set<trace_id> seen{TRACE_NONE};
    for (const auto& row : trace_rows())
        seen.insert(row.steps.begin(), row.steps.end());
    for (int step = 0; step < TRACE_COUNT; step++) {
        CAPTURE(name(static_cast<trace_id>(step)));
        CHECK(seen.contains(static_cast<trace_id>(step)));
    }
}

TEST_CASE("a traced packet fares as one that is not", "[bpf][trace]")
{
    const bool later = GENERATE(false, true);
    for (const auto& row : trace_rows()) {
        CAPTURE(row.name, later);
        TraceWorld world;
        const auto probe = row.probe(world);
        if (later)
            send(world, probe);

        const auto traced = follow(world, probe);
        const auto real = send(world, probe);

        CHECK(traced.result.bytes == real.bytes);
        CHECK(traced.result.mark == (real.mark ? real.mark : kTraceMark));
        CHECK((traced.result.action == TC_ACT_REDIRECT) == (real.verdict.action == Verdict::Action::kRedirected));
        const auto* drop = traced.find(TRACE_DROP);
        CHECK((drop ? static_cast<drop_reason>(drop->value[0]) : DROP_NONE) == real.verdict.reason);
    }
}

TEST_CASE("a traced packet leaves no flow, no counter, no drop, no event", "[bpf][trace]")
{
    const bool later = GENERATE(false, true);
    const auto fresh = GENERATE(0u, TRACE_MARK_FRESH);
    for (const auto& row : trace_rows()) {
        CAPTURE(row.name, later, fresh);
        TraceWorld world;
        const auto probe = row.probe(world);
        if (later)
            send(world, probe);
        world.datapath.take_events();
        const auto before = traces_of_packets(world.datapath);

        const auto traced = follow(world, probe, {.mark = fresh});

        REQUIRE(!traced.steps.empty());
        CHECK(traces_of_packets(world.datapath) == before);
        CHECK(world.datapath.take_events().empty());
    }
}

TEST_CASE("a packet with another mark is not traced", "[bpf][trace]")
{
    for (const auto mark : {0u, 1u, kTraceMark - 1, kTraceMark + 2, ~kTraceMark, std::uint32_t{VPCD_MARK}}) {
        CAPTURE(mark);
        TraceWorld world;
        world.datapath.put("traces", 0u, trace_record{});
        const auto before = world.flow_keys().size();
        world.web.sends(Packet{}.to("10.0.1.20"), {.mark = mark});
        CHECK(taken(world.datapath).empty());
        CHECK(world.flow_keys().size() == before + 2);
    }
}

TEST_CASE("a known flow is followed, and left out on request", "[bpf][trace]")
{
    TraceWorld world;
    for (const auto& probe :
         {Probe{Program::kFromInterface, world.web.complete(Packet{}.to("10.0.1.20")), world.web.ifindex},
          Probe{Program::kTcUnderlay, in_vxlan(inner_packet("10.0.1.11")).bytes()}}) {
        send(world, probe);

        const auto known = follow(world, probe);
        const auto fresh = follow(world, probe, {.mark = TRACE_MARK_FRESH});

        REQUIRE(known.find(TRACE_FLOW_HIT));
        CHECK(known.find(TRACE_FLOW_HIT)->value[0] == 1); // the generation
        CHECK(!known.find(TRACE_FLOW_MISS));
        REQUIRE(fresh.find(TRACE_FLOW_MISS));
        CHECK(fresh.find(TRACE_FLOW_MISS)->value[0] == TRACE_MISS_FRESH);
        CHECK(!fresh.find(TRACE_FLOW_HIT));
        CHECK(fresh.result.bytes == known.result.bytes);
    }
}

TEST_CASE("why a packet is decided anew", "[bpf][trace]")
{
    TraceWorld world;
    const auto why = [&](const Packet& packet) {
        const auto traced = follow(world, {Program::kFromInterface, world.web.complete(packet), world.web.ifindex});
        REQUIRE(traced.find(TRACE_FLOW_MISS));
        return traced.find(TRACE_FLOW_MISS)->value[0];
    };
    const auto packet = Packet{}.to("10.0.1.20");

    CHECK(why(packet) == TRACE_MISS_UNKNOWN);
    CHECK(why(Packet{}.to("10.0.1.20").icmp(5, 1)) == TRACE_MISS_UNTRACKED);
    world.web.sends(packet);
    world.web.bump();
    CHECK(why(packet) == TRACE_MISS_STALE);
}

TEST_CASE("steps carry what they decided on", "[bpf][trace]")
{
    TraceWorld world;
    const auto packet = world.web.complete(Packet{}.to("10.0.2.20").tcp(40000, 443).flags(kSyn).mss(1460));

    const auto traced = follow(world, {Program::kFromInterface, packet, world.web.ifindex});

    const auto values = [&](trace_id step) {
        REQUIRE(traced.find(step));
        const auto& value = traced.find(step)->value;
        return std::vector<std::uint32_t>{value[0], value[1], value[2]};
    };
    using Values = std::vector<std::uint32_t>;
    CHECK(values(TRACE_SENDER) == Values{world.web.id, kVpc, INTERFACE_SOURCE_CHECK});
    CHECK(values(TRACE_ROUTE) == Values{kMainTable, ROUTE_SUBNET, 0});
    CHECK(values(TRACE_ENDPOINT) == Values{2, 0, world.far_database.next_hop});
    CHECK(values(TRACE_NEXT_HOP)[0] == world.far_database.next_hop);
    CHECK(values(TRACE_NEXT_HOP)[1] == 64); // TTL
    CHECK(values(TRACE_NEXT_HOP)[2] != 0);  // through the virtual router
    CHECK(values(TRACE_SIZE) == Values{static_cast<std::uint32_t>(packet.size()) - 14, 1450, 0});
    CHECK(values(TRACE_MSS) == Values{1460, 1410, 0});
    CHECK(values(TRACE_UNDERLAY) == Values{world.other, kUnderlayDevice, HOST_RESOLVED});
    CHECK(ipv4_of(traced.find(TRACE_SOURCE)->address) == ipv4("10.0.1.10"));
    CHECK(ipv4_of(traced.find(TRACE_ENDPOINT)->address) == ipv4("10.0.2.20"));
    CHECK(ipv4_of(traced.find(TRACE_UNDERLAY)->address) == ipv4("192.0.2.2"));
}

TEST_CASE("a trace names the rules that decide, and those that decided", "[bpf][trace]")
{
    TraceWorld world;
    const std::uint64_t high = 0xabcdef01'00000000;
    const auto denied = id_of(world.rules, 5), allowed = high | id_of(world.rules, 7);
    world.datapath.put("rules", rule_key{world.rules, 7}, ::rule{.id = allowed, .verdict = kAllow, .pad = 0});
    const auto out = world.outbound(world.web, {{.bit = 3}});
    world.web.bump();
    const auto follow_to = [&](const Packet& packet) {
        return follow(world, {Program::kFromInterface, world.web.complete(packet), world.web.ifindex});
    };
    const auto says = [](const trace_step& step, trace_id id, std::uint64_t rule, std::uint32_t c) {
        return step.step == id && (step.value[0] | std::uint64_t{step.value[1]} << 32) == rule && step.value[2] == c;
    };
    const auto packet = Packet{}.to("10.0.2.10").udp(9, 9);
    constexpr auto kAllowed = RULE_VERDICT_ALLOW << 8, kDenied = RULE_VERDICT_DROP << 8;

    const auto first = follow_to(packet).steps, refused = follow_to(Packet{packet}.tcp(1, 81).flags(kSyn)).steps;
    world.web.sends(packet);
    const auto later = follow_to(packet).steps;

    REQUIRE(first.size() > 6);
    CHECK(says(first[5], TRACE_POLICY, id_of(out, 3), POLICY_STAGE_GROUP_OUT | kAllowed));
    CHECK(says(first[6], TRACE_POLICY, allowed, POLICY_STAGE_GROUP_IN | kAllowed));
    REQUIRE(refused.size() > 6);
    CHECK(says(refused[6], TRACE_POLICY, denied, POLICY_STAGE_GROUP_IN | kDenied));
    REQUIRE(later.size() > 3);
    CHECK(says(later[2], TRACE_FLOW_RULE, id_of(out, 3), POLICY_STAGE_GROUP_OUT));
    CHECK(says(later[3], TRACE_FLOW_RULE, allowed, POLICY_STAGE_GROUP_IN));

    const auto answer = world.database.complete(Packet{}.to("10.0.1.10").udp(9, 9));
    world.database.bump();
    const auto reply = follow(world, {Program::kFromInterface, answer, world.database.ifindex}).steps;
    REQUIRE(reply.size() > 7);
    CHECK(reply[5].step == TRACE_REPLY);
    CHECK(says(reply[6], TRACE_POLICY, allowed, POLICY_STAGE_GROUP_IN | kAllowed));
    CHECK(says(reply[7], TRACE_POLICY, id_of(out, 3), POLICY_STAGE_GROUP_OUT | kAllowed));
}

TEST_CASE("a trace keeps no flow alive, and ends none", "[bpf][trace]")
{
    TraceWorld world;
    const auto key = key_of("10.0.1.10", "10.0.1.20", world.web.id, kTcp, 1, 2);
    for (const int flags : {kAck + 0, kRst + 0}) {
        const auto packet = Packet{}.to("10.0.1.20").tcp(1, 2).flags(flags);
        world.web.sends(packet);
        auto flow = world.flow(key);
        flow.last_seen = 1;
        world.datapath.put("pending", key, flow);

        follow(world, {Program::kFromInterface, world.web.complete(packet), world.web.ifindex});
        CHECK(world.flow(key).last_seen == 1);
    }
    const auto anew = world.web.complete(Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn));
    const auto before = traces_of_packets(world.datapath);
    CHECK(follow(world, {Program::kFromInterface, anew, world.web.ifindex}).find(TRACE_FLOW_WRITE));
    CHECK(traces_of_packets(world.datapath) == before);
}

TEST_CASE("a traced packet may be longer than what a test run takes", "[bpf][trace]")
{
    const auto mtu = GENERATE(9000u, 9051u);
    TraceWorld world;
    world.change_host(world.other, [&](auto& h) { h.mtu = static_cast<__u16>(mtu); });
    const auto packet = world.web.complete(Packet{}.to("10.0.1.20").ip_total_length(9001));

    const auto traced =
        follow(world, {Program::kFromInterface, packet, world.web.ifindex}, {.wire_length = 9001 + 14});

    REQUIRE(traced.find(TRACE_SIZE));
    CHECK(traced.find(TRACE_SIZE)->value[0] == 9001);
    if (mtu == 9000) {
        CHECK(traced.find(TRACE_DROP)->value[0] == DROP_TOO_BIG);
        CHECK(traced.find(TRACE_ICMP_ERROR)->value[1] == 8950);
    } else {
        CHECK(!traced.find(TRACE_DROP));
        CHECK(view(traced.result.bytes).total_length == 9051);
    }
}
