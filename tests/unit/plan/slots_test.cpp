#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "plan/slots.h"

namespace vpcd {

namespace {

std::vector<SlotHolder> holders(std::uint32_t count)
{
    std::vector<SlotHolder> all;
    for (std::uint32_t i = 1; i <= count; ++i)
        all.push_back({i, fmt::format("10.0.{}.{}", i / 200, i % 200), 1});
    return all;
}

std::map<std::uint32_t, std::size_t> shares(const std::vector<std::uint32_t>& slots)
{
    std::map<std::uint32_t, std::size_t> counts;
    for (const auto id : slots)
        ++counts[id];
    return counts;
}

} // namespace

TEST_CASE("turns are as many as weights say, without their common divisor, and spread")
{
    CHECK(round_robin_slots({}).empty());
    CHECK(round_robin_slots({{7, "a", 100}}) == std::vector<std::uint32_t>{7});
    CHECK(round_robin_slots({{1, "a", 50}, {2, "b", 100}, {3, "c", 50}}) == std::vector<std::uint32_t>{2, 1, 3, 2});
    CHECK(shares(round_robin_slots({{1, "a", 5}, {2, "b", 1}, {3, "c", 1}})) ==
          std::map<std::uint32_t, std::size_t>{{1, 5}, {2, 1}, {3, 1}});
}

TEST_CASE("Maglev gives equal holders equal shares, and heavier ones more")
{
    for (const auto& [id, count] : shares(maglev_slots(holders(100))))
        CHECK(count == 16381 / 100 + (id <= 81 ? 1 : 0));

    auto weighted = holders(2);
    weighted[0].weight = 30;
    weighted[1].weight = 10;
    const auto counts = shares(maglev_slots(weighted));
    CHECK(counts.at(1) > 2.9 * static_cast<double>(counts.at(2)));
    CHECK(counts.at(1) < 3.1 * static_cast<double>(counts.at(2)));
}

TEST_CASE("a holder that goes moves less than one in fifty of the others' slots")
{
    const auto all = holders(100);
    const auto before = maglev_slots(all);
    for (const std::uint32_t lost : {1U, 37U, 100U}) {
        auto rest = all;
        std::erase_if(rest, [&](const SlotHolder& holder) { return holder.id == lost; });
        const auto after = maglev_slots(rest);
        REQUIRE(after.size() == before.size());
        std::size_t moved = 0;
        for (std::size_t i = 0; i < after.size(); ++i)
            moved += before[i] != lost && before[i] != after[i];
        CHECK(moved * 50 < before.size());
    }
}

TEST_CASE("slots follow from who the holders are, not from their numbers")
{
    auto renumbered = holders(10);
    for (auto& holder : renumbered)
        holder.id += 500;
    const auto slots = maglev_slots(holders(10));
    auto expected = slots;
    for (auto& id : expected)
        id += 500;
    CHECK(maglev_slots(renumbered) == expected);
}

} // namespace vpcd
