// Mutated document sets against Documents and Planner: no crash, no hang, no half-taken change.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "config/documents.h"
#include "model/render.h"
#include "mutate.h"
#include "plan/planner.h"

namespace vpcd {

namespace {

using fuzz::DocumentSet;

constexpr unsigned kSets = VPCD_FUZZ_SETS;
constexpr std::chrono::seconds kLongest{20}; // for one set; a hundred times what the slowest takes

std::uint64_t seed()
{
    const char* given = std::getenv("VPCD_TEST_SEED");
    return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

Documents::Files files_of(const DocumentSet& set)
{
    return {set.begin(), set.end()};
}

// Everything that is declared, as text, with its places.
std::string dump(const Model& model)
{
    std::string text;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        for (const auto* entry : model.all<Kind>().sorted())
            text += to_yaml(AnyResource{entry->value}) + to_string(entry->origin.at()) + "\n";
    });
    return text;
}

std::size_t line_count(const std::string& text)
{
    return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

// An error names a file of the set and a line it has.
bool is_placed(const Error& error, const DocumentSet& set)
{
    const auto file = set.find(error.where().file);
    return !error.sentence().empty() && file != set.end() && error.where().line <= line_count(file->second) + 1;
}

// What a host makes of one set before, a mutated one, and the first again.
class World {
public:
    explicit World(const DocumentSet& set) : set_(set)
    {
        const auto changed = documents_.update(files_of(set_));
        REQUIRE(changed);
        before_ = dump(documents_.model());
        planner_.update(documents_.model(), *changed, Facts{});
        rows_ = living_rows();
    }

    bool take(const DocumentSet& mutated)
    {
        const auto changed = documents_.update(files_of(mutated));
        if (!changed) {
            REQUIRE_FALSE(changed.error().empty());
            for (const auto& error : changed.error()) {
                INFO(error.text());
                REQUIRE(is_placed(error, mutated));
            }
            REQUIRE(dump(documents_.model()) == before_);
        } else {
            planner_.update(documents_.model(), *changed, Facts{});
            REQUIRE(documents_.pending_errors().empty());
        }
        go_back();
        return changed.has_value();
    }

private:
    void go_back()
    {
        auto changed = documents_.update(files_of(set_));
        if (!changed && std::ranges::all_of(changed.error(), &is_bound))
            changed = put_anew();
        REQUIRE(changed);
        planner_.update(documents_.model(), *changed, Facts{});
        REQUIRE(dump(documents_.model()) == before_);
        REQUIRE(living_rows() == rows_);
    }

    // A mutation may have bound a fixed elastic IP to another, which it leaves only by being deleted.
    static bool is_bound(const Error& error) { return error.sentence().contains("is fixed, so its"); }

    std::expected<ResourceIds, std::vector<Error>> put_anew()
    {
        Documents::Files gone;
        for (const auto& [name, text] : set_)
            gone[name] = std::nullopt;
        const auto emptied = documents_.update(gone);
        REQUIRE(emptied);
        planner_.update(documents_.model(), *emptied, Facts{});
        return documents_.update(files_of(set_));
    }

    // A number that is free again keeps its row, with the generation no flow may meet twice; so those are not
    // counted.
    std::size_t living_rows() const
    {
        std::size_t count = 0;
        for_each_table([&](const auto& table) {
            if (table.kind != TableKind::Array)
                count += (planner_.tables().*table.rows).size();
        });
        return count;
    }

    DocumentSet set_;
    Documents documents_{Quotas{}};
    Planner planner_{PlanOptions{.host = "node-a"}};
    std::string before_;
    std::size_t rows_ = 0;
};

} // namespace

TEST_CASE("mutated documents are taken whole or refused with every place, and never half")
{
    const auto first_seed = seed();
    fmt::print("VPCD_TEST_SEED={}\n", first_seed);
    INFO("VPCD_TEST_SEED=" << first_seed);
    const auto sets = fuzz::read_sets(
        {VPCD_CONFIG_DIR "/reference", VPCD_CONFIG_DIR "/examples/two-tenants", VPCD_FUZZ_DIR "/sets/styles"});
    REQUIRE(sets.size() == 3);
    std::vector<std::unique_ptr<World>> worlds;
    for (const auto& set : sets)
        worlds.push_back(std::make_unique<World>(set));

    fuzz::Mutator mutator{first_seed};
    unsigned taken = 0;
    for (unsigned i = 0; i < kSets; ++i) {
        const auto mutated = mutator.mutate(sets[i % sets.size()]);
        INFO("set " << i);
        const auto start = std::chrono::steady_clock::now();
        taken += worlds[i % sets.size()]->take(mutated) ? 1 : 0;
        REQUIRE(std::chrono::steady_clock::now() - start < kLongest);
    }
    fmt::print("{} of {} sets were valid\n", taken, kSets);
    // Both ways were tried.
    CHECK(taken > kSets / 50);
    CHECK(taken < kSets / 2);
}

} // namespace vpcd
