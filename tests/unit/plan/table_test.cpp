// Tables as values: what is compared, what is written, in which order.
#include "plan/tables.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

namespace {

Table<__u32, ::vtep> rows(std::initializer_list<std::pair<__u32, __u32>> values)
{
    Table<__u32, ::vtep> table;
    for (const auto& [key, host] : values)
        table[key] = {.host = host};
    return table;
}

} // namespace

TEST_CASE("the difference of two tables is what has to be written and removed, and applying it closes it")
{
    struct Row {
        const char* name;
        Table<__u32, ::vtep> desired;
        Table<__u32, ::vtep> observed;
        std::vector<__u32> upserts;
        std::vector<__u32> deletes;
    };
    const Row cases[] = {
        {"nothing", {}, {}, {}, {}},
        {"the same", rows({{1, 7}}), rows({{1, 7}}), {}, {}},
        {"a new key", rows({{1, 7}, {300, 8}}), rows({{1, 7}}), {300}, {}},
        {"another value", rows({{1, 8}}), rows({{1, 7}}), {1}, {}},
        {"a key too many", {}, rows({{1, 7}}), {}, {1}},
        {"all at once", rows({{1, 7}, {2, 9}, {256, 1}}), rows({{1, 7}, {2, 8}, {3, 3}}), {2, 256}, {3}},
    };
    for (const auto& row : cases) {
        INFO(row.name);
        const auto changes = diff(row.desired, row.observed);

        std::vector<__u32> upserts;
        for (const auto& [key, value] : changes.upserts)
            upserts.push_back(key);
        CHECK(upserts == row.upserts);
        CHECK(changes.deletes == row.deletes);

        auto applied = row.observed;
        apply(changes, applied);
        CHECK(diff(row.desired, applied).empty());
    }
}

TEST_CASE("keys are told apart by their bytes")
{
    Table<::station_key, ::station> stations;
    ::station_key key{};
    key.vpc = 100;
    stations[key] = {.next_hop = 1};
    key.mac.byte[5] = 1;
    stations[key] = {.next_hop = 2};
    key.vpc = 200;
    stations[key] = {.next_hop = 3};

    CHECK(stations.size() == 3);
    CHECK(find_row(stations, key)->next_hop == 3);
}

TEST_CASE("tables are visited in the order of apply, and arrays are known")
{
    std::vector<std::string> names;
    std::vector<std::string> arrays;
    for_each_table([&](const auto& table) {
        names.emplace_back(table.name);
        if (table.delete_writes_zeroes())
            arrays.emplace_back(table.name);
    });

    CHECK(names == std::vector<std::string>{"hosts",         "vteps",           "next_hops",          "rules",
                                            "rule_peers",    "rule_groups",     "rule_ports",         "rule_sets",
                                            "policies",      "limits",          "public_limits",      "backends",
                                            "service_slots", "service_clients", "services",           "vpcs",
                                            "subnets",       "endpoints",       "stations",           "forwards",
                                            "snats",         "slices",          "public_generations", "elastics",
                                            "publics",       "routes",          "interfaces",         "devices",
                                            "settings"});
    CHECK(arrays == std::vector<std::string>{"hosts", "next_hops", "policies", "limits", "public_limits",
                                             "public_generations", "interfaces", "settings"});
}

} // namespace vpcd
