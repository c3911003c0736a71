#include "service/health_checker.h"

#include <algorithm>
#include <catch2/generators/catch_generators.hpp>

#include "unit/service/checked.h"

namespace vpcd {

using namespace std::chrono_literals;

TEST_CASE("a known state is where a new check begins")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};

    checked.checker->set({{1, check_of(backend)}}, {{1, Health::Unhealthy}, {2, Health::Healthy}});

    CHECK(checked.checker->reports().size() == 1);
    CHECK(checked.report(1).state == Health::Unhealthy);
    checked.run_checks(1, 2);
    CHECK(checked.changes.empty());
    checked.run_checks(1, 1);
    CHECK(checked.changes == Changes{{1, Health::Healthy}});
}

TEST_CASE("set() leaves what is unchanged alone: its state, its counts, its time and the probe under way")
{
    Loop loop;
    TcpBackend silent{loop};
    TcpBackend settled{loop};
    settled.answer = kGood;
    TcpBackend busy{loop};
    busy.answer = kGood;
    Checked checked{loop};
    const std::map<Key, ProbeSchedule> wanted{{1, check_of(silent, kOnce)}, {2, check_of(settled, kOnce)}};
    checked.checker->set(wanted, {});
    loop.run_until([&] { return silent.accepted == 1 && checked.report(2).checks == 1; });
    const auto since = checked.report(2).since;

    auto more = wanted;
    more[3] = check_of(busy);
    checked.checker->set(more, {{1, Health::Healthy}, {2, Health::Unhealthy}});
    checked.run_checks(3, 3);

    CHECK(silent.accepted == 1);
    CHECK(silent.ended == 0);
    CHECK(checked.report(1).state == Health::Unknown);
    CHECK(settled.accepted == 1);
    CHECK(checked.report(2).state == Health::Healthy);
    CHECK(checked.report(2).checks == 1);
    CHECK(checked.report(2).since == since);
}

TEST_CASE("set() stops what is gone, a probe under way too")
{
    Loop loop;
    TcpBackend silent{loop};
    TcpBackend often{loop};
    often.answer = kGood;
    TcpBackend kept{loop};
    kept.answer = kGood;
    Checked checked{loop};
    checked.checker->set({{1, check_of(silent, kOnce)}, {2, check_of(often)}, {3, check_of(kept)}}, {});
    loop.run_until([&] { return silent.accepted == 1 && often.accepted >= 2 && kept.accepted >= 2; });

    checked.checker->set({{3, check_of(kept)}}, {});
    loop.run_until([&] { return silent.ended == 1; });
    checked.run_checks(3, 2); // a connection of the last moment has been accepted now
    const auto accepted = often.accepted;
    checked.run_checks(3, 5);

    CHECK(often.accepted == accepted);
    CHECK(checked.checker->reports().size() == 1);
    CHECK(std::ranges::count(checked.changes, std::pair{Key{1}, Health::Unhealthy}) == 0);
}

TEST_CASE("a check that is changed keeps its state, and starts over at once")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kBad;
    Checked checked{loop};
    auto check = check_of(backend, kOnce);
    checked.checker->set({{1, check}}, {});
    checked.run_checks(1, 1);
    const auto before = checked.report(1);
    REQUIRE(before.state == Health::Unhealthy);

    backend.answer = kGood;
    check.probe.path = "/other";
    check.interval = kOften;
    checked.checker->set({{1, check}}, {{1, Health::Healthy}});

    CHECK(checked.report(1).state == Health::Unhealthy);
    CHECK(checked.report(1).since == before.since);
    CHECK(checked.report(1).reason == "HTTP status 503");
    CHECK(checked.report(1).checks == 0);
    CHECK(checked.report(1).failures == 0);
    checked.run_checks(1, 2);
    CHECK(checked.changes.size() == 1);
    checked.run_checks(1, 1);
    CHECK(checked.changes == Changes{{1, Health::Unhealthy}, {1, Health::Healthy}});
}

TEST_CASE("a change drops the failures counted so far")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kBad;
    Checked checked{loop};
    auto check = check_of(backend, kOften);
    checked.checker->set({{1, check}}, {{1, Health::Healthy}});
    checked.run_checks(1, 2);

    check.probe.path = "/other";
    checked.checker->set({{1, check}}, {});
    checked.run_checks(1, 2);

    CHECK(checked.changes.empty());
    checked.run_checks(1, 1);
    CHECK(checked.changes == Changes{{1, Health::Unhealthy}});
}

TEST_CASE("a destroyed checker closes its probes and calls nothing")
{
    Loop loop;
    TcpBackend silent{loop};
    TcpBackend often{loop};
    often.answer = kGood;
    Checked checked{loop};
    auto frequent = check_of(often, 1ms);
    frequent.unhealthy = frequent.healthy = 1;
    checked.checker->set({{1, check_of(silent, kOnce)}, {2, frequent}}, {});
    loop.run_until([&] { return silent.accepted == 1 && often.accepted >= 3; });
    checked.changes.clear();

    checked.checker.reset();
    loop.run_until([&] { return silent.ended == 1; });
    loop.context().poll();

    CHECK(checked.changes.empty());
}

TEST_CASE("what is called may set anew, and may destroy the checker")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = kGood;
    Checked checked{loop};
    bool is_called = false;
    const bool destroys = GENERATE(false, true);
    checked.checker.emplace(loop.context(), [&](Key, const HealthReport&) {
        is_called = true;
        if (destroys)
            checked.checker.reset();
        else
            checked.checker->set({}, {});
    });
    checked.checker->set({{1, check_of(backend)}, {2, check_of(backend)}}, {});

    loop.run_until([&] { return is_called; });
    loop.context().poll();

    CHECK(checked.checker.has_value() != destroys);
    CHECK((destroys || checked.checker->reports().empty()));
}

} // namespace vpcd
