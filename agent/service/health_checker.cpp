#include "service/health_checker.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <vector>

namespace vpcd {

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kLongestDelay{1000};

// Where a known state comes from nobody says: it counts from now on.
HealthReport beginning(const std::map<HealthChecker::Key, Health>& known, HealthChecker::Key key)
{
    const auto found = known.find(key);
    return {.state = found == known.end() ? Health::Unknown : found->second,
            .since = std::chrono::system_clock::now()};
}

} // namespace

// One check. A changed one gets a new Watch: handlers of the former that are still queued find it gone.
class HealthChecker::Watch : public std::enable_shared_from_this<Watch> {
public:
    Watch(boost::asio::io_context& context, Key key, ProbeSchedule check, HealthReport report,
          std::shared_ptr<const Changed> changed)
        : context_(context),
          key_(key),
          check_(std::move(check)),
          changed_(std::move(changed)),
          report_(std::move(report)),
          tally_(report_.state),
          timer_(context)
    {
    }

    const ProbeSchedule& check() const { return check_; }
    const HealthReport& report() const { return report_; }

    void start(Milliseconds delay) { probe_at(Clock::now() + delay); }

private:
    using Clock = std::chrono::steady_clock;

    void probe_at(Clock::time_point when)
    {
        timer_.expires_at(when);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error)
                self->probe();
        });
    }

    void probe()
    {
        started_ = Clock::now();
        probe_ = start_probe(context_, check_.probe, [weak = weak_from_this()](const Result<void>& result) {
            if (const auto self = weak.lock())
                self->on_result(result);
        });
    }

    // The ended probe is kept until the next one: it may still be taking leave of the backend.
    void on_result(const Result<void>& result)
    {
        ++report_.checks;
        report_.failures += result ? 0 : 1;
        report_.reason = result ? std::string{} : result.error().text();
        probe_at(started_ + check_.interval); // in the past: at once

        if (!result && result.error().source() != ErrorSource::Peer)
            return; // this host could not even ask: that says nothing of the backend
        if (!tally_.add(result.has_value(), {check_.healthy, check_.unhealthy}))
            return;
        report_.state = tally_.state();
        report_.since = std::chrono::system_clock::now();
        (*changed_)(key_, HealthReport{report_}); // last: it may stop this very check
    }

    boost::asio::io_context& context_;
    Key key_;
    ProbeSchedule check_;
    std::shared_ptr<const Changed> changed_;
    HealthReport report_;
    HealthTally tally_;
    Clock::time_point started_;
    boost::asio::steady_timer timer_;
    RunningProbe probe_;
};

HealthChecker::HealthChecker(boost::asio::io_context& context, Changed changed)
    : context_(context), changed_(std::make_shared<const Changed>(std::move(changed)))
{
}

HealthChecker::~HealthChecker() = default;

void HealthChecker::set(const std::map<Key, ProbeSchedule>& wanted, const std::map<Key, Health>& known)
{
    std::erase_if(watches_, [&](const auto& entry) { return !wanted.contains(entry.first); });

    std::vector<Key> starting;
    for (const auto& [key, check] : wanted) {
        auto& watch = watches_[key];
        if (watch && watch->check() == check)
            continue;
        auto report = watch ? watch->report() : beginning(known, key);
        report.checks = report.failures = 0;
        watch = std::make_shared<Watch>(context_, key, check, std::move(report), changed_);
        starting.push_back(key);
    }

    for (const Key key : starting) {
        auto& watch = *watches_.at(key);
        watch.start(starting.size() == 1 ? Milliseconds{0} : first_delay(key, watch.check().interval));
    }
}

std::map<HealthChecker::Key, HealthReport> HealthChecker::reports() const
{
    std::map<Key, HealthReport> reports;
    for (const auto& [key, watch] : watches_)
        reports.emplace(key, watch->report());
    return reports;
}

// Multiples of the golden ratio, modulo 1: neighbouring keys fall far apart, and many of them evenly.
Milliseconds HealthChecker::first_delay(Key key, Milliseconds interval)
{
    constexpr Key kGoldenRatio = 0x9e3779b9; // of 2^32
    const auto window = static_cast<std::uint64_t>(std::min(interval, kLongestDelay).count());
    return Milliseconds{(std::uint64_t{key * kGoldenRatio} * window) >> 32};
}

} // namespace vpcd
