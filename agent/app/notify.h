// What the service manager (systemd) is told: ready, reloading, ending, busy, alive. Without one - NOTIFY_SOCKET is
// not set - nothing happens here. Free functions, because there is one service manager and one process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace vpcd {

namespace notify {

// The agent holds the kernel to its documents and answers on its socket; also the end of reloading().
void ready(const std::string& status);
void reloading();
void stopping(const std::string& status);
// One line for `systemctl status`; sent when it differs from the last.
void status(const std::string& line);
// Long work goes on: each call asks for another minute before start, reload and watchdog run out. Call it where work
// is done, never from a timer, and as often as is handy: most calls only look at the clock.
void progress(const std::string& line);

} // namespace notify

// Keep-alives from the event loop, at half the interval the service manager asks for: they stop when the loop hangs.
class Watchdog {
public:
    // `status` makes the line that goes with each of them.
    Watchdog(boost::asio::io_context&, std::function<std::string()> status);

private:
    void beat();

    std::chrono::microseconds period_{0}; // zero: nobody asks
    boost::asio::steady_timer timer_;
    std::function<std::string()> status_;
};

} // namespace vpcd
