#include "service/health_checker.h"

#include <array>
#include <catch2/generators/catch_generators.hpp>

#include "unit/service/checked.h"

namespace vpcd {

using namespace std::chrono_literals;

TEST_CASE("the first result decides what is unknown")
{
    const auto [answer, state, reason] = GENERATE(table<std::string, Health, std::string>(
        {{kGood, Health::Healthy, ""}, {kBad, Health::Unhealthy, "HTTP status 503"}}));
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = answer;
    Checked checked{loop};
    const auto before = std::chrono::system_clock::now();
    checked.checker->set({{7, check_of(backend, kOnce)}}, {});
    CHECK(checked.report(7).state == Health::Unknown);

    checked.run_checks(7, 1);

    CHECK(checked.changes == Changes{{7, state}});
    const auto report = checked.report(7);
    CHECK(report.state == state);
    CHECK(report.reason == reason);
    CHECK(report.checks == 1);
    CHECK(report.failures == (state == Health::Healthy ? 0 : 1));
    CHECK(report.since >= before);
}

TEST_CASE(
    "it takes so many failures, and so many successes, in a row to change a state, and each change is told once")
{
    HealthTally tally{Health::Healthy};
    const HealthTally::Needed needed{.healthy = 2, .unhealthy = 3};
    struct Row {
        bool is_success;
        bool changes;
    };
    for (const auto& [is_success, changes] : std::initializer_list<Row>{
             {false, false},
             {false, false},
             {true, false}, // forgiven
             {false, false},
             {false, false},
             {false, true}, // three in a row
             {false, false},
             {true, false},
             {false, false}, // not yet back
             {true, false},
             {true, true},
             {true, false}, // two in a row
             {false, false},
             {false, false},
             {false, true},
         })
        CHECK(tally.add(is_success, needed) == changes);
}

TEST_CASE("what has never been healthy needs one success, however often it has failed")
{
    HealthTally tally{Health::Unknown};
    const HealthTally::Needed needed{.healthy = 3, .unhealthy = 2};
    CHECK(tally.add(false, needed));
    CHECK_FALSE(tally.add(false, needed));
    CHECK(tally.add(true, needed));
    CHECK(tally.state() == Health::Healthy);
    CHECK_FALSE(tally.add(false, needed));
    CHECK(tally.add(false, needed));
    CHECK_FALSE(tally.add(true, needed)); // from now on it is as the others
}

TEST_CASE("a backend that fails and recovers changes its state when its thresholds are reached")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};
    auto check = check_of(backend);
    check.unhealthy = 4;
    check.healthy = 2;
    checked.checker->set({{1, check}}, {{1, Health::Healthy}});
    checked.run_checks(1, 3);
    REQUIRE(checked.changes.empty());

    backend.answer = kBad;
    loop.run_until([&] { return !checked.changes.empty(); });
    CHECK(checked.changes == Changes{{1, Health::Unhealthy}});
    CHECK(checked.report(1).failures == 4);
    CHECK(checked.report(1).reason == "HTTP status 503");
    checked.run_checks(1, 5);
    CHECK(checked.changes.size() == 1);

    backend.answer = kGood;
    const auto failures = checked.report(1).failures;
    loop.run_until([&] { return checked.changes.size() == 2; });
    CHECK(checked.changes.back() == std::pair{Key{1}, Health::Healthy});
    CHECK(checked.report(1).reason.empty());
    CHECK(checked.report(1).failures <= failures + 1); // one may have been under way
    checked.run_checks(1, 5);
    CHECK(checked.changes.size() == 2);
}

TEST_CASE("a probe that takes longer than the interval is waited for")
{
    Loop loop;
    const TcpBackend silent{loop};
    Checked checked{loop};
    auto check = check_of(silent);
    check.probe.timeout = 30ms;
    checked.checker->set({{1, check}}, {});

    loop.run_until([&] {
        REQUIRE(silent.accepted <= checked.report(1).checks + 1);
        return silent.accepted == 5;
    });

    CHECK(checked.report(1).reason == "connected, but no answer within 30 ms");
}

TEST_CASE("checks are an interval apart, from start to start")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};
    const auto begun = std::chrono::steady_clock::now();

    checked.checker->set({{1, check_of(backend, 40ms)}}, {});
    checked.run_checks(1, 4);

    CHECK(std::chrono::steady_clock::now() - begun >= 3 * 40ms);
}

TEST_CASE("a check that is alone begins at once; of many, each waits its own part of a second or of the interval")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};
    const Key late = 1;
    REQUIRE(HealthChecker::first_delay(late, kOnce) > 500ms);
    const auto begun = std::chrono::steady_clock::now();
    checked.checker->set({{late, check_of(backend, kOnce)}}, {});
    checked.run_checks(late, 1);
    CHECK(std::chrono::steady_clock::now() - begun < 500ms);

    const auto [interval, window] =
        GENERATE(table<std::chrono::milliseconds, std::chrono::milliseconds>({{100ms, 100ms}, {1s, 1s}, {30s, 1s}}));
    std::array<unsigned, 10> tenths{};
    for (Key key = 1000; key < 3000; ++key) {
        const auto delay = HealthChecker::first_delay(key, interval);
        REQUIRE(delay >= 0ms);
        REQUIRE(delay < window);
        ++tenths[static_cast<std::size_t>(delay * 10 / window)];
    }
    for (const auto count : tenths)
        CHECK((count > 150 && count < 250));
}

TEST_CASE("several new checks do not go at one instant")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};
    std::map<Key, ProbeSchedule> wanted;
    for (Key key = 0; key < 100; ++key)
        wanted[key] = check_of(backend, kOnce);
    const auto begun = std::chrono::steady_clock::now();

    checked.checker->set(wanted, {});
    loop.run_until([&] { return checked.changes.size() == wanted.size(); });

    CHECK(std::chrono::steady_clock::now() - begun > 900ms);
}

TEST_CASE("what this host cannot even try says nothing of the backend")
{
    Loop loop;
    Checked checked{loop};
    ProbeSchedule schedule{.probe = {.source = Address::v4(0xcb007109), .address = kLoopback, .port = 1},
                           .interval = kOften};
    checked.checker->set({{1, schedule}}, {{1, Health::Healthy}});
    checked.run_checks(1, 10);

    CHECK(checked.changes.empty());
    CHECK(checked.report(1).state == Health::Healthy);
    CHECK(checked.report(1).failures == 10);
    CHECK_FALSE(checked.report(1).reason.empty());
}

} // namespace vpcd
