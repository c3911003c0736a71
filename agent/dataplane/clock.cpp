#include "dataplane/clock.h"

#include <algorithm>
#include <array>
#include <bpf/bpf.h>
#include <cmath>

#include <vpcd/abi/clock.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr std::array<unsigned, 4> kRates{100, 250, 300, 1000}; // what CONFIG_HZ can be
constexpr std::uint64_t kSureAfter = 100'000'000;              // ns: the rates are told apart by then

unsigned nearest_rate(double hertz)
{
    return *std::ranges::min_element(kRates, {}, [&](unsigned rate) { return std::abs(std::log(hertz / rate)); });
}

// The rate as far as one reading tells: jiffies begin so that they exceed 32 bits five minutes after the start
// (INITIAL_JIFFIES), and at about that time they tell nothing.
unsigned rate_since_boot(std::uint64_t jiffies, std::uint64_t nanoseconds)
{
    constexpr double kCrossing = 300, kUnsure = 10; // seconds
    constexpr unsigned kUsual = 250;
    const double seconds = static_cast<double>(nanoseconds) / 1e9 - kCrossing;
    const double ticks = static_cast<double>(static_cast<std::int64_t>(jiffies - (std::uint64_t{1} << 32)));
    return std::abs(seconds) > kUnsure && ticks / seconds > 0 ? nearest_rate(ticks / seconds) : kUsual;
}

} // namespace

Result<KernelClock> KernelClock::open(int program)
{
    KernelClock clock{program};
    auto reading = clock.read();
    if (!reading)
        return fail(reading.error());
    clock.first_ = clock.last_ = *reading;
    clock.hertz_ = rate_since_boot(reading->jiffies, reading->nanoseconds);
    return clock;
}

Result<KernelClock::Reading> KernelClock::read() const
{
    ::clock_reading reading{};
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &reading, .ctx_size_in = sizeof(reading));
    if (const int error = bpf_prog_test_run_opts(program_, &options))
        return fail(bpf_error(error, "read the kernel's clock"));
    return Reading{reading.jiffies, reading.nanoseconds};
}

Result<void> KernelClock::update()
{
    auto reading = read();
    if (!reading)
        return fail(reading.error());
    last_ = *reading;
    const auto elapsed = last_.nanoseconds - first_.nanoseconds;
    if (elapsed >= kSureAfter)
        hertz_ =
            nearest_rate(static_cast<double>(last_.jiffies - first_.jiffies) * 1e9 / static_cast<double>(elapsed));
    return {};
}

double KernelClock::seconds_since(std::uint32_t stamp) const
{
    const auto elapsed = static_cast<std::int32_t>(static_cast<std::uint32_t>(last_.jiffies) - stamp);
    return std::max(0.0, static_cast<double>(elapsed) / hertz_);
}

} // namespace vpcd
