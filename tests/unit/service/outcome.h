// One probe, run to its end.
#pragma once

#include <chrono>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "service/probe.h"
#include "unit/service/backends.h"

namespace vpcd {

// So long that no test reaches it, and so short that one may wait for it.
inline constexpr std::chrono::seconds kNever{60};
inline constexpr std::chrono::milliseconds kSoon{50};

inline const std::string kHealthy = "healthy";

inline HealthProbe probe_of(ProbeKind kind, std::uint16_t port)
{
    return {.kind = kind, .address = kLoopback, .port = port, .timeout = kNever};
}

inline std::string answer_with(const std::string& status)
{
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", status);
}

struct Outcome {
    std::vector<std::string> told; // "healthy" or the failure, once for each call

    ProbeDone done()
    {
        return [this](const Result<void>& result) { told.push_back(result ? kHealthy : result.error().sentence()); };
    }
};

inline std::string outcome_of(Loop& loop, const HealthProbe& probe)
{
    Outcome outcome;
    const auto running = start_probe(loop.context(), probe, outcome.done());
    REQUIRE(outcome.told.empty());

    loop.run_until([&] { return !outcome.told.empty(); });
    loop.context().poll();

    REQUIRE(outcome.told.size() == 1);
    return outcome.told.front();
}

} // namespace vpcd
