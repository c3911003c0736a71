// The loaded programs, fed by the planner, against the oracle: random documents, random packets, the same answers.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "generate.h"
#include "player.h"
#include "shrink.h"

namespace vpcd::oracle {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise)
{
    const char* given = std::getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

Case smallest(const Case& found, const Sabotage& sabotage = {})
{
    return shrink(found, [&](const Case& smaller) { return play(smaller, sabotage).has_value(); });
}

std::string report(std::uint64_t seed, const Case& failing, const Sabotage& sabotage = {})
{
    const auto mismatch = play(failing, sabotage);
    return fmt::format("VPCD_TEST_SEED={}\n{}\nat step {}\n{}", seed, in_words(failing), mismatch->step + 1,
                       mismatch->words);
}

std::size_t packets_in(const Case& played)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(played.steps, [](const Step& step) { return std::holds_alternative<Sending>(step); }));
}

} // namespace

// A check says the same of the same sources. Whoever looks for more names another one.
constexpr std::uint64_t kUsualSeed = 1;

TEST_CASE("the datapath does with every packet what the documents mean", "[oracle]")
{
    Datapath::instance();
    const auto configurations = from_environment("VPCD_ORACLE_CONFIGURATIONS", 502);
    const auto packets = from_environment("VPCD_ORACLE_PACKETS", 200);
    const auto first = from_environment("VPCD_TEST_SEED", kUsualSeed);
    const auto begun = std::chrono::steady_clock::now();
    std::size_t played = 0;

    for (std::uint64_t seed = first; seed < first + configurations; seed++) {
        Dice dice{seed};
        const auto made = random_case(dice, packets);
        const auto mismatch = play(made);
        if (mismatch)
            FAIL(report(seed, smallest(made)));
        played += packets_in(made);
    }

    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{} packets over {} configurations from seed {}, {:.0f} packets/s\n", played, configurations, first,
               static_cast<double>(played) / took.count());
    CHECK(played > configurations * packets * 9 / 10);
}

// The rule that decides first in each rule set says the opposite.
TEST_CASE("a rule in the kernel that is not the documents' is found, and shown with little else", "[oracle]")
{
    Datapath::instance();
    const Sabotage flip = [](Player& player) {
        for (const auto& [key, row] : player.planner().tables().rules) {
            auto other = row;
            other.verdict = row.verdict == RULE_VERDICT_ALLOW ? RULE_VERDICT_DROP : RULE_VERDICT_ALLOW;
            if (key.index == 0)
                player.datapath().put("rules", key, other);
        }
    };
    std::optional<Case> found;
    std::uint64_t seed = 0;
    while (!found && seed < 20) {
        Dice dice{++seed};
        if (auto made = random_case(dice, 200); play(made, flip))
            found = std::move(made);
    }
    REQUIRE(found);

    const auto small = smallest(*found, flip);

    const auto text = report(seed, small, flip);
    INFO(text);
    CHECK_FALSE(play(small));
    CHECK(packets_in(small) <= 2);
    CHECK(small.documents.size() < found->documents.size() / 2);
    for (const auto* part : {"VPCD_TEST_SEED=", "kind: Interface", " leaves ", "the oracle: ", "the datapath:"})
        CHECK((text.find(part) != std::string::npos ||
               (part == std::string_view{" leaves "} && text.find(" arrives from ") != std::string::npos)));
}

} // namespace vpcd::oracle
