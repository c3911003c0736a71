// The kernel half as the agent handles it, across agents.
#include "dataplane/dataplane.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>

#include "base/address.h"
#include "dataplane/flow_ends.h"
#include "dataplane/readings.h"
#include "own_bpffs.h"

using namespace vpcd;

TEST_CASE("an agent that was killed while somebody followed drops leaves no events on", "[dataplane]")
{
    own_bpffs();
    const auto open = [] { return Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024}); };
    {
        const auto killed = open();
        REQUIRE(killed);
        REQUIRE((*killed)->produce_events(true));
        REQUIRE((*killed)->read_settings()->events == 1);
    }

    const auto next = open();

    REQUIRE(next);
    CHECK((*next)->read_settings()->events == 0);
}

TEST_CASE("programs of the same source take the place of those that run, whichever object made the tables",
          "[dataplane]")
{
    own_bpffs();
    const auto opened = Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024});
    REQUIRE(opened);

    const auto used = (*opened)->use(embedded_images());

    INFO((used ? "" : used.error().text()));
    CHECK(used);
    CHECK_FALSE((*opened)->uses_embedded());
}

TEST_CASE("who gets an interface id starts from zero, whoever had it before", "[dataplane]")
{
    own_bpffs();
    const auto opened = Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024});
    REQUIRE(opened);
    Dataplane& dataplane = **opened;
    const auto write = [&](std::uint32_t id, std::uint32_t vpc) {
        ::interface row{};
        row.vpc = vpc;
        row.generation = 1;
        PlanChanges changes;
        changes.interfaces.upserts.emplace_back(id, row);
        REQUIRE(dataplane.apply(changes).empty());
    };
    const auto count = [&](std::uint32_t id) {
        const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
        ::interface_counters one{};
        one.tx_packets = 1;
        const std::vector<::interface_counters> traffic(cpus, one);
        const std::vector<::drop_count> drops(cpus, {.packets = 1, .bytes = 1});
        const ::drop_key key{.vpc = 7, .interface = id, .reason = 1};
        const auto& programs = dataplane.programs();
        REQUIRE(bpf_map_update_elem(programs.map("traffic"), &id, traffic.data(), BPF_ANY) == 0);
        REQUIRE(bpf_map_update_elem(programs.map("drops"), &key, drops.data(), BPF_ANY) == 0);
    };
    const auto packets = [&](std::uint32_t id) { return read_traffic(dataplane.programs(), id)->tx_packets; };
    const auto drops = [&](std::uint32_t id) {
        const auto table = read_drops(dataplane.programs()).value();
        std::uint64_t sum = 0;
        for (const auto& [key, counted] : table)
            sum += key.interface == id ? counted.packets : 0;
        return sum;
    };
    write(1, 7);
    write(2, 7);
    count(1);
    count(2);

    write(1, 7); // a change of it
    CHECK(packets(1) > 0);
    CHECK(drops(1) > 0);

    write(1, 0);
    count(1); // until its programs are detached
    write(1, 8);
    CHECK(packets(1) == 0);
    CHECK(drops(1) == 0);
    CHECK(packets(2) > 0);
    CHECK(drops(2) > 0);
}

TEST_CASE("an interface that came here may go on with its TCP connections for a while, one that was here before has "
          "what it had",
          "[dataplane]")
{
    own_bpffs();
    const auto opened = Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024});
    REQUIRE(opened);
    Dataplane& dataplane = **opened;
    const auto write = [&](std::uint32_t id, std::uint32_t generation) {
        ::interface row{};
        row.vpc = 7;
        row.generation = generation;
        PlanChanges changes;
        changes.interfaces.upserts.emplace_back(id, row);
        REQUIRE(dataplane.apply(changes).empty());
    };
    const auto until = [&](__u32 id) {
        __u64 jiffies = 0;
        REQUIRE(bpf_map_lookup_elem(dataplane.programs().map("midstream_until"), &id, &jiffies) == 0);
        return jiffies;
    };

    write(1, 1);
    const auto first = until(1);
    CHECK(until(2) == 0);
    CHECK(first ==
          dataplane.clock().jiffies() + dataplane.clock().jiffies_in(kTimeoutSeconds[FLOW_TIMEOUT_TCP_ESTABLISHED]));

    const __u32 id = 1;
    const __u64 short_ago = 5;
    REQUIRE(bpf_map_update_elem(dataplane.programs().map("midstream_until"), &id, &short_ago, BPF_ANY) == 0);
    write(1, 2);
    CHECK(until(1) == short_ago);
}

namespace {

// A flow pair in `flows`, last used so many jiffies ago, counted or not.
::flow_key put_pair(const Dataplane& dataplane, std::uint8_t number, std::uint64_t idle)
{
    const auto& programs = dataplane.programs();
    ::flow_key key{};
    key.source.byte[15] = number;
    key.destination.byte[15] = 200;
    key.vpc = 7;
    key.entry = 1;
    key.protocol = 17;
    ::flow flow{};
    flow.peer_entry = 2;
    flow.packets = 1;
    flow.last_seen = static_cast<__u32>(dataplane.clock().jiffies() - idle);
    const auto answer = answer_key(key, flow).value();
    ::flow reverse = flow;
    reverse.peer_entry = 1;
    reverse.flags = FLOW_REVERSE;
    REQUIRE(bpf_map_update_elem(programs.map("flows"), &key, &flow, BPF_ANY) == 0);
    REQUIRE(bpf_map_update_elem(programs.map("flows"), &answer, &reverse, BPF_ANY) == 0);
    return key;
}

std::uint64_t counted(const Dataplane& dataplane)
{
    const ::vpc_key key{.vpc = 7};
    ::flow_count count{};
    bpf_map_lookup_elem(dataplane.programs().map("flow_counts"), &key, &count);
    return count.entries;
}

std::unique_ptr<Dataplane> dataplane_with_vpc()
{
    own_bpffs();
    auto opened = Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024});
    REQUIRE(opened);
    PlanChanges changes;
    changes.vpcs.upserts.emplace_back(::vpc_key{.vpc = 7}, ::vpc{});
    REQUIRE((*opened)->apply(changes).empty());
    return std::move(*opened);
}

} // namespace

TEST_CASE("flows that were idle for too long end, both directions; others stay", "[dataplane]")
{
    const auto dataplane = dataplane_with_vpc();
    const auto& programs = dataplane->programs();
    const auto limit = dataplane->clock().jiffies_in(kTimeoutSeconds[FLOW_TIMEOUT_UDP]);
    const auto old = put_pair(*dataplane, 1, limit + 1000), fresh = put_pair(*dataplane, 2, limit / 2);
    REQUIRE(recount_flows(programs));
    CHECK(counted(*dataplane) == 4);

    const auto expired = dataplane->expire_flows();

    REQUIRE(expired);
    CHECK(expired->ended == 2);
    CHECK_FALSE(find_flow(programs, old));
    CHECK(find_flow(programs, fresh));
    CHECK(counted(*dataplane) == 2);
}

TEST_CASE("a flow that is forgotten takes its other direction with it", "[dataplane]")
{
    const auto dataplane = dataplane_with_vpc();
    const auto& programs = dataplane->programs();
    const auto key = put_pair(*dataplane, 1, 0), other = put_pair(*dataplane, 2, 0);
    REQUIRE(recount_flows(programs));

    CHECK(forget_flow(programs, key) == 2u);

    CHECK_FALSE(find_flow(programs, key));
    CHECK(find_flow(programs, other));
    CHECK(count_flows(programs, FlowTable::Established) == 2u);
    CHECK(counted(*dataplane) == 2);
    CHECK(forget_flow(programs, key) == 0u);
}

TEST_CASE("connections through NAT gateways are counted anew, and end with both directions", "[dataplane]")
{
    const auto dataplane = dataplane_with_vpc();
    const auto& programs = dataplane->programs();
    const auto private_address = vpcd::Address::parse("10.0.1.10")->abi(),
               public_address = vpcd::Address::parse("203.0.113.20")->abi();
    ::flow_key out{};
    out.source = private_address;
    out.destination = vpcd::Address::parse("198.51.100.7")->abi();
    out.vpc = 7;
    out.protocol = 17;
    ::flow_key in{};
    in.source = out.destination;
    in.destination = public_address;
    in.protocol = 17;
    ::translation outward{}, inward{};
    outward.address = public_address;
    inward.address = private_address;
    outward.vpc = inward.vpc = 7;
    outward.last_seen = inward.last_seen = 1;
    outward.flags = TRANSLATION_OUT;
    const int table = programs.map("translations");
    REQUIRE(bpf_map_update_elem(table, &out, &outward, BPF_ANY) == 0);
    REQUIRE(bpf_map_update_elem(table, &in, &inward, BPF_ANY) == 0);
    const auto counts = [&] {
        return std::array{count_translations(programs, {.address = {}, .vpc = 7}).value(),
                          count_translations(programs, {.address = private_address, .vpc = 7}).value(),
                          count_translations(programs, {.address = public_address, .vpc = 0}).value()};
    };
    CHECK(counts() == std::array<std::uint64_t, 3>{0, 0, 0});

    REQUIRE(recount_translations(programs));
    CHECK(counts() == std::array<std::uint64_t, 3>{1, 1, 1});

    CHECK(forget_translation(programs, in) == 2u);
    CHECK_FALSE(find_translation(programs, out));
    CHECK_FALSE(find_translation(programs, in));
    CHECK(counts() == std::array<std::uint64_t, 3>{0, 0, 0});
    CHECK(forget_translation(programs, in) == 0u);
}
