// Which backends are healthy: each is probed again and again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "service/health_tally.h"
#include "service/probe.h"

namespace vpcd {

struct ProbeSchedule {
    HealthProbe probe;
    std::chrono::milliseconds interval{2000}; // start to start; a probe that takes longer is waited for
    unsigned healthy = 3;                     // successes in a row that make an unhealthy one healthy
    unsigned unhealthy = 3;                   // failures in a row that make a healthy one unhealthy

    friend bool operator==(const ProbeSchedule&, const ProbeSchedule&) = default;
};

struct HealthReport {
    Health state = Health::Unknown;
    std::chrono::system_clock::time_point since{}; // of the state; of set() if that brought it
    std::string reason{};                          // why the last check failed; empty if it did not
    std::uint64_t checks = 0;                      // ended ones, since the check was set or changed
    std::uint64_t failures = 0;
};

// On one event loop: constructed, called and destroyed by its thread. Nothing is called after the destructor.
class HealthChecker {
public:
    using Key = std::uint32_t;
    // Called on each change of a state, by the event loop, never by set(). May call any method and destroy the
    // checker.
    using Changed = std::function<void(Key, const HealthReport&)>;

    HealthChecker(boost::asio::io_context&, Changed);
    HealthChecker(const HealthChecker&) = delete;
    HealthChecker& operator=(const HealthChecker&) = delete;
    ~HealthChecker();

    // Starts what is new, in its known state; stops what is gone; leaves alone what is unchanged. What is changed
    // keeps its state, and starts over.
    void set(const std::map<Key, ProbeSchedule>& wanted, const std::map<Key, Health>& known);

    std::map<Key, HealthReport> reports() const;

    // How long the first check of one among several waits, so that thousands do not go at one instant.
    static std::chrono::milliseconds first_delay(Key, std::chrono::milliseconds interval);

private:
    class Watch;

    boost::asio::io_context& context_;
    std::shared_ptr<const Changed> changed_; // shared: it may destroy the checker that calls it
    std::map<Key, std::shared_ptr<Watch>> watches_;
};

} // namespace vpcd
