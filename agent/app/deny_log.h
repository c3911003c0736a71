// Packets that rules dropped, one line each in the journal, and never more than so many a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "observe/views.h"

namespace vpcd {

// "denied tcp 10.0.1.10:4000 -> 10.0.2.10:22 of web-1 in VPC prod: group-in, SecurityGroup web rules[2] (...)"
std::string denial_text(const DropRecord&);

class DenyLog {
public:
    using Clock = std::chrono::steady_clock;
    // A line, and the record it is about; none: the line is about records that were left out.
    using Write = std::function<void(const std::string&, const DropRecord*)>;

    // To the journal, with the fields VPCD_RESOURCE (the interface), VPCD_RULE and VPCD_REASON.
    static void write_journal(const std::string& line, const DropRecord*);

    explicit DenyLog(unsigned per_second, Write write = write_journal)
        : per_second_(per_second), write_(std::move(write))
    {
    }

    // Records of drops that no rule decided are not its business.
    void take(const DropRecord&, Clock::time_point now = Clock::now());

    // How many have been left out since this was last told; also told by itself before the next line.
    void tell_left_out();

private:
    unsigned per_second_;
    Write write_;
    std::optional<Clock::time_point> second_; // since when `written_` counts
    unsigned written_ = 0;
    std::uint64_t left_out_ = 0; // not told yet
};

} // namespace vpcd
