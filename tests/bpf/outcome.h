// What became of one packet: the verdict, the bytes, and everything that was counted about it.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <ostream>

#include <catch2/catch_tostring.hpp>

#include "datapath.h"

namespace vpcd::test {

struct Verdict {
    enum class Action { kDropped, kRedirected, kPassed };
    Action action = Action::kDropped;
    drop_reason reason = DROP_NONE;
    bool operator==(const Verdict&) const = default;
};

constexpr Verdict kRedirected{Verdict::Action::kRedirected, DROP_NONE};
constexpr Verdict kPassed{Verdict::Action::kPassed, DROP_NONE};
constexpr Verdict dropped(drop_reason reason)
{
    return {Verdict::Action::kDropped, reason};
}
// Dropped, and the sender is told so by the packet that came back.
constexpr Verdict refused(drop_reason reason)
{
    return {Verdict::Action::kRedirected, reason};
}

const char* name(drop_reason reason);
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

struct Outcome {
    Verdict verdict;
    Bytes bytes;
    Bytes metadata;
    std::uint32_t mark = 0;
    std::optional<drop_key> drop; // who was blamed
    std::uint64_t dropped_bytes = 0;
    std::array<std::uint64_t, COUNTER_COUNT> counters{};
    std::array<interface_counters, kDevices> traffic{}; // by interface
};

// Runs the packet and reads what it changed. A drop that is not counted, or counted twice, fails the test here.
Outcome measure(Datapath& datapath, bool xdp, const std::function<RunResult()>& run);

} // namespace vpcd::test

// A failed comparison shows packets as a hex dump.
template <>
struct Catch::StringMaker<vpcd::test::Bytes> {
    static std::string convert(const vpcd::test::Bytes& bytes) { return '\n' + vpcd::test::hex(bytes) + '\n'; }
};
