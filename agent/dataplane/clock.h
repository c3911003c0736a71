// What a jiffy is: converts the kernel's stamps into seconds, and seconds into jiffies.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace vpcd {

class KernelClock {
public:
    // `program`: read_clock. Takes the first reading.
    static Result<KernelClock> open(int program);

    // Reads both clocks again; the longer ago the first reading, the surer the rate.
    Result<void> update();
    // Seconds from `stamp` (low 32 bits of jiffies) to the last update().
    double seconds_since(std::uint32_t stamp) const;
    // At the last update().
    std::uint64_t jiffies() const { return last_.jiffies; }
    std::uint64_t jiffies_in(std::uint64_t seconds) const { return seconds * hertz_; }

private:
    struct Reading {
        std::uint64_t jiffies = 0;
        std::uint64_t nanoseconds = 0;
    };

    explicit KernelClock(int program) : program_(program) {}
    Result<Reading> read() const;

    int program_;
    Reading first_;
    Reading last_;
    unsigned hertz_ = 250;
};

} // namespace vpcd
