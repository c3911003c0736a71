#include "app/notify.h"

#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <utility>

namespace vpcd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kMoreTime{1};
constexpr std::chrono::milliseconds kBetweenProgress{500};

std::string& last_status()
{
    static std::string line;
    return line;
}

// A failure to tell is nothing the agent could act on: the service manager's own limits decide then.
void send(const std::string& state)
{
    (void)::sd_notify(0, state.c_str());
}

std::uint64_t monotonic_microseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

} // namespace

namespace notify {

void ready(const std::string& status)
{
    last_status() = status;
    send(fmt::format("READY=1\nSTATUS={}", status));
}

void reloading()
{
    last_status().clear();
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading all documents again", monotonic_microseconds()));
}

void stopping(const std::string& status)
{
    send(fmt::format("STOPPING=1\nSTATUS={}", status));
}

void status(const std::string& line)
{
    if (std::exchange(last_status(), line) != line)
        send("STATUS=" + line);
}

void progress(const std::string& line)
{
    static Clock::time_point last;
    const auto now = Clock::now();
    if (now - last < kBetweenProgress)
        return;
    last = now;
    last_status() = line;
    send(fmt::format("WATCHDOG=1\nEXTEND_TIMEOUT_USEC={}\nSTATUS={}", std::chrono::microseconds{kMoreTime}.count(),
                     line));
}

} // namespace notify

Watchdog::Watchdog(boost::asio::io_context& context, std::function<std::string()> status)
    : timer_(context), status_(std::move(status))
{
    std::uint64_t limit = 0;
    if (::sd_watchdog_enabled(0, &limit) <= 0)
        return;
    period_ = std::chrono::microseconds{limit / 2};
    beat();
}

void Watchdog::beat()
{
    send("WATCHDOG=1");
    notify::status(status_());
    timer_.expires_after(period_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            beat();
    });
}

} // namespace vpcd
