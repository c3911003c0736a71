// A health checker on the loop of a test.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/health_checker.h"
#include "unit/service/backends.h"

namespace vpcd {

using Key = HealthChecker::Key;
using Changes = std::vector<std::pair<Key, Health>>;

inline constexpr std::chrono::milliseconds kOften{5};
inline constexpr auto kOnce = std::chrono::hours{1}; // the first check, and none more while the test lasts

inline const std::string kGood = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
inline const std::string kBad = "HTTP/1.1 503 Out\r\nConnection: close\r\n\r\n";

inline ProbeSchedule check_of(const TcpBackend& backend, std::chrono::milliseconds interval = kOften)
{
    return {.probe = {.kind = ProbeKind::Http,
                      .address = kLoopback,
                      .port = backend.port(),
                      .timeout = std::chrono::seconds{60}},
            .interval = interval};
}

// A checker that remembers what it said.
struct Checked {
    Loop& loop;
    Changes changes;
    std::optional<HealthChecker> checker;

    explicit Checked(Loop& running) : loop(running)
    {
        checker.emplace(loop.context(),
                        [this](Key key, const HealthReport& report) { changes.emplace_back(key, report.state); });
    }
    Checked(const Checked&) = delete;

    HealthReport report(Key key) const
    {
        const auto reports = checker->reports();
        REQUIRE(reports.contains(key));
        return reports.at(key);
    }
    // Until so many more checks have ended.
    void run_checks(Key key, std::uint64_t count)
    {
        const auto before = report(key).checks;
        loop.run_until([&] { return report(key).checks >= before + count; });
    }
};

} // namespace vpcd
