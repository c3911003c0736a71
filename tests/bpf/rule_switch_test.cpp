// Rule sets in real tables: how a change of them takes hold, and what is left when it cannot.
#include <bpf/bpf.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "dataplane/dataplane.h"
#include "own_bpffs.h"

using namespace vpcd;

namespace {

constexpr __u32 kVni = 7;

// One rule, for anybody.
void add_rule_set(PlanChanges& changes, __u32 id)
{
    changes.rule_sets.upserts.emplace_back(id, ::rule_set{.otherwise = RULE_VERDICT_DROP, .vpc = kVni});
    changes.rules.upserts.emplace_back(::rule_key{.rule_set = id, .index = 0},
                                       ::rule{.id = 1000 + id, .verdict = RULE_VERDICT_ALLOW, .pad = 0});
    ::rule_peer_key peer{};
    peer.prefix_len = RULE_PEER_PREFIX_FIXED;
    peer.rule_set = id;
    ::rule_port_key port{};
    port.prefix_len = RULE_PORT_PREFIX_FIXED;
    port.rule_set = id;
    changes.rule_peers.upserts.emplace_back(peer, ::rule_bits{{1}});
    changes.rule_ports.upserts.emplace_back(port, ::rule_bits{{1}});
}

void remove_rule_set(PlanChanges& changes, __u32 id)
{
    PlanChanges added;
    add_rule_set(added, id);
    changes.rule_sets.deletes.push_back(id);
    changes.rules.deletes.push_back(added.rules.upserts.front().first);
    changes.rule_peers.deletes.push_back(added.rule_peers.upserts.front().first);
    changes.rule_ports.deletes.push_back(added.rule_ports.upserts.front().first);
}

void set_policy(PlanChanges& changes, __u32 id, __u32 rule_set)
{
    changes.policies.upserts.emplace_back(id, ::policy{{rule_set, rule_set}});
}

struct World {
    std::unique_ptr<Dataplane> dataplane;

    World()
    {
        own_bpffs();
        open();
    }
    void open()
    {
        dataplane.reset();
        auto opened = Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024}, {.denials = 10});
        REQUIRE(opened);
        dataplane = std::move(*opened);
    }
    int map(const char* name) const { return dataplane->programs().map(name); }
    ::policy policy(__u32 id) const
    {
        ::policy row{};
        REQUIRE(bpf_map_lookup_elem(map("policies"), &id, &row) == 0);
        return row;
    }
    __u32 in_force(__u32 id) const { return policy(id).rule_set[dataplane->read_settings()->epoch & 1]; }
    bool has_rule_set(__u32 id) const
    {
        ::rule_set row{};
        return bpf_map_lookup_elem(map("rule_sets"), &id, &row) == 0;
    }
    // What a plan with this one policy would want.
    Tables wanted(__u32 policy_id, __u32 rule_set) const
    {
        PlanChanges changes;
        add_rule_set(changes, rule_set);
        set_policy(changes, policy_id, rule_set);
        Tables tables;
        vpcd::apply(changes, tables);
        return tables;
    }
    std::vector<Error> hold_to(const Tables& tables) const
    {
        return dataplane->apply(diff(tables, *dataplane->observe()));
    }
};

} // namespace

TEST_CASE("new rule sets come into force for all policies by one number, and the old ones go", "[dataplane]")
{
    const World world;
    PlanChanges first, second;
    for (const __u32 id : {1u, 2u}) {
        add_rule_set(first, 10 + id);
        set_policy(first, id, 10 + id);
        add_rule_set(second, 20 + id);
        set_policy(second, id, 20 + id);
        remove_rule_set(second, 10 + id);
    }
    REQUIRE(world.dataplane->apply(first).empty());
    const auto epoch = world.dataplane->read_settings()->epoch;

    REQUIRE(world.dataplane->apply(second).empty());

    CHECK(world.dataplane->read_settings()->epoch == epoch + 1);
    for (const __u32 id : {1u, 2u}) {
        CHECK(world.policy(id).rule_set[0] == 20 + id);
        CHECK(world.policy(id).rule_set[1] == 20 + id);
        CHECK_FALSE(world.has_rule_set(10 + id));
    }
}

TEST_CASE("a change that concerns no policy switches nothing", "[dataplane]")
{
    const World world;
    REQUIRE(world.hold_to(world.wanted(1, 11)).empty());
    const auto epoch = world.dataplane->read_settings()->epoch;
    PlanChanges changes;
    changes.interfaces.upserts.emplace_back(1, ::interface{});

    REQUIRE(world.dataplane->apply(changes).empty());

    CHECK(world.dataplane->read_settings()->epoch == epoch);
    CHECK(diff(world.wanted(1, 11), *world.dataplane->observe()).empty());
}

TEST_CASE("a rule set of which a row is refused does not come into force, and what it was to replace stays",
          "[dataplane]")
{
    const World world;
    REQUIRE(world.hold_to(world.wanted(1, 11)).empty());
    PlanChanges changes;
    add_rule_set(changes, 12);
    changes.rule_peers.upserts.back().first.prefix_len = RULE_PEER_PREFIX_MAX + 1; // no trie takes that
    remove_rule_set(changes, 11);
    set_policy(changes, 1, 12);
    set_policy(changes, 2, 12); // a policy that had no rules before
    add_rule_set(changes, 13);
    set_policy(changes, 3, 13);

    const auto errors = world.dataplane->apply(changes);

    CHECK_FALSE(errors.empty());
    CHECK(world.in_force(1) == 11);
    CHECK(world.has_rule_set(11));
    CHECK(world.in_force(2) == 12); // whose packets are dropped: there is no such rule set
    CHECK_FALSE(world.has_rule_set(12));
    CHECK(world.in_force(3) == 13);
    CHECK(world.has_rule_set(13));
}

TEST_CASE("whatever a crash left of a switch, the next start completes it", "[dataplane]")
{
    World world;
    REQUIRE(world.hold_to(world.wanted(1, 11)).empty());
    const auto before = world.dataplane->read_settings().value();
    const unsigned next = 1 - (before.epoch & 1);
    const __u32 id = 1, zero = 0;
    const bool is_flipped = GENERATE(false, true);
    auto row = world.policy(id);
    row.rule_set[next] = 12; // its rules are there, but for the set's row
    REQUIRE(bpf_map_update_elem(world.map("policies"), &id, &row, BPF_ANY) == 0);
    auto settings = before;
    settings.epoch += is_flipped ? 1 : 0;
    REQUIRE(bpf_map_update_elem(world.map("settings"), &zero, &settings, BPF_ANY) == 0);

    world.open();
    REQUIRE(world.hold_to(world.wanted(1, 12)).empty());

    CHECK(world.policy(1).rule_set[0] == 12);
    CHECK(world.policy(1).rule_set[1] == 12);
    CHECK(world.has_rule_set(12));
    CHECK_FALSE(world.has_rule_set(11));
    CHECK(diff(world.wanted(1, 12), *world.dataplane->observe()).empty()); // the second pass writes nothing
}

TEST_CASE("what the dataplane keeps in the settings is no plan's business and survives every plan", "[dataplane]")
{
    const World world;
    REQUIRE(world.dataplane->produce_events(true));
    REQUIRE(world.hold_to(world.wanted(1, 11)).empty());
    const auto own = world.dataplane->read_settings().value();
    REQUIRE(own.epoch != 0);
    REQUIRE(own.denials == 10);
    CHECK(world.dataplane->observe()->settings.empty());

    ::settings planned{};
    planned.tunnel_ifindex = 9;
    PlanChanges changes;
    SECTION("written")
    {
        changes.settings.upserts.emplace_back(0, planned);
        REQUIRE(world.dataplane->apply(changes).empty());
        CHECK(same_bytes(world.dataplane->observe()->settings.at(0), planned));
    }
    SECTION("removed")
    {
        changes.settings.deletes.push_back(0);
        REQUIRE(world.dataplane->apply(changes).empty());
        CHECK(world.dataplane->observe()->settings.empty());
    }

    const auto after = world.dataplane->read_settings().value();
    CHECK(after.epoch == own.epoch);
    CHECK(after.denials == own.denials);
    CHECK(after.events == own.events);
}
