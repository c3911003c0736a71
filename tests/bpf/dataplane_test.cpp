// The kernel half as the agent handles it, across agents.
#include "dataplane/dataplane.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>

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
