// How long the steps of a piece of work took.
#pragma once

#include <chrono>

namespace vpcd {

class Stopwatch {
public:
    // Milliseconds since the last lap, or since this was made.
    double lap()
    {
        const auto now = Clock::now();
        const std::chrono::duration<double, std::milli> passed = now - last_;
        last_ = now;
        return passed.count();
    }

private:
    using Clock = std::chrono::steady_clock;

    Clock::time_point last_ = Clock::now();
};

} // namespace vpcd
