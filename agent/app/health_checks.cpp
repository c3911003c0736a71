#include "app/health_checks.h"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <future>
#include <linux/capability.h>
#include <spdlog/spdlog.h>
#include <utility>

#include "base/capabilities.h"
#include "dataplane/map.h"

namespace vpcd {

namespace {

HealthProbe probe_of(const Planner::CheckedBackend& backend)
{
    const HealthCheck& check = backend.check;
    HealthProbe probe{.kind = check.type == CheckType::Http  ? ProbeKind::Http
                              : check.type == CheckType::Udp ? ProbeKind::Udp
                                                             : ProbeKind::Tcp,
                      .source = Address::v4(VPCD_CHECK_BLOCK | backend.vni),
                      .address = backend.address,
                      .port = backend.port,
                      .timeout = std::chrono::seconds{check.timeout},
                      .host = check.host,
                      .send = check.send,
                      .expect = check.expect};
    if (!check.path.empty())
        probe.path = check.path;
    const auto statuses = check.statuses.value_or(StatusRange{});
    probe.statuses = {statuses.first, statuses.last};
    return probe;
}

std::map<HealthChecker::Key, ProbeSchedule> schedules_of(const HealthChecks::Wanted& wanted)
{
    std::map<HealthChecker::Key, ProbeSchedule> schedules;
    for (const auto& [number, backend] : wanted)
        schedules.emplace(number, ProbeSchedule{.probe = probe_of(backend),
                                                .interval = std::chrono::seconds{backend.check.interval},
                                                .healthy = backend.check.healthy,
                                                .unhealthy = backend.check.unhealthy});
    return schedules;
}

bool is_same_instance(const Planner::CheckedBackend& a, const Planner::CheckedBackend& b)
{
    return a.balancer == b.balancer && a.vni == b.vni && a.address == b.address;
}

bool is_same_backend(const ::backend& a, const ::backend& b)
{
    return std::memcmp(&a.address, &b.address, sizeof(a.address)) == 0 && a.service == b.service && a.port == b.port;
}

Map<__u32, __u32> states_of(const Dataplane& dataplane)
{
    return {dataplane.programs().map("backend_states"), "backend_states", TableKind::Array};
}

// The thread reads what instances send: it keeps only what it writes its findings with.
Result<CheckNamespace> enter_namespace()
{
    auto own = CheckNamespace::enter();
    if (const auto done = give_up_all_capabilities_but({CAP_BPF}); !done)
        return fail(done.error());
    return own;
}

} // namespace

HealthChecks::HealthChecks(boost::asio::io_context& agent, const Dataplane& dataplane)
    : agent_(agent),
      dataplane_(dataplane),
      work_(context_.get_executor()),
      namespace_(fail(Error::system(EAGAIN, "make a network namespace for health checks")))
{
    begin();
    if (const auto done = give_up_capability(CAP_SYS_ADMIN); !done)
        spdlog::warn("{}", done.error().text());
}

HealthChecks::~HealthChecks()
{
    if (checker_)
        run([this] { checker_.reset(); });
    context_.stop();
    thread_.join();
}

void HealthChecks::begin()
{
    std::promise<Result<CheckNamespace>> entered;
    auto own = entered.get_future();
    thread_ = std::thread{[this, entered = std::move(entered)]() mutable {
        entered.set_value(enter_namespace());
        context_.run();
    }};
    namespace_ = own.get();
    if (!namespace_)
        return;
    run([this] {
        checker_ = std::make_unique<HealthChecker>(
            context_, [this](std::uint32_t backend, const HealthReport& report) { note(backend, report); });
    });
}

Result<CheckNamespace*> HealthChecks::where()
{
    if (!namespace_)
        return fail(namespace_.error());
    return &*namespace_;
}

std::optional<Error> HealthChecks::obstacle() const
{
    return namespace_ ? std::nullopt : std::optional{namespace_.error()};
}

// By the thread, and waits for it. It never waits for anybody.
void HealthChecks::run(const std::function<void()>& there) const
{
    std::promise<void> done;
    boost::asio::post(context_, [&] {
        there();
        done.set_value();
    });
    done.get_future().wait();
}

std::vector<Error> HealthChecks::presume(const Changes<__u32, ::backend>& changes)
{
    std::vector<Error> errors;
    const Map<__u32, ::backend> rows{dataplane_.programs().map("backends"), "backends", TableKind::Hash};
    for (const auto& [number, row] : changes.upserts) {
        if ((row.flags & BACKEND_CHECKED) == 0 || wanted_.contains(number))
            continue;
        const auto before = rows.get(number);
        if (!before || (before->flags & BACKEND_CHECKED) != 0 || !is_same_backend(*before, row))
            continue;
        presumed_[number] = Health::Healthy;
        if (auto written = write(number, Health::Healthy); !written)
            errors.push_back(written.error());
    }
    return errors;
}

std::vector<Error> HealthChecks::set(const Wanted& wanted, const Backends& rows)
{
    std::vector<Error> errors;
    auto known = std::exchange(presumed_, {});
    if (earlier_) {
        if (auto done = take_over(wanted, rows, known); !done)
            errors.push_back(done.error());
        earlier_.reset();
    }
    if (wanted == wanted_)
        return errors;
    auto failures = forget(wanted);
    errors.insert(errors.end(), failures.begin(), failures.end());
    wanted_ = wanted;
    if (checker_)
        run([&] { checker_->set(schedules_of(wanted), known); });
    return errors;
}

// What the table says of other backends than those of now is of those that had their numbers before.
Result<void> HealthChecks::take_over(const Wanted& wanted, const Backends& rows, Known& known)
{
    const auto states = states_of(dataplane_).read();
    if (!states)
        return fail(states.error());
    for (const auto& [number, state] : *states) {
        if (known.contains(number)) // presumed, and so written, since
            continue;
        const auto row = rows.find(number);
        const auto before = earlier_->find(number);
        if (wanted.contains(number) && row != rows.end() && before != earlier_->end() &&
            is_same_backend(row->second, before->second))
            known[number] = state == BACKEND_ALIVE  ? Health::Healthy
                            : state == BACKEND_DEAD ? Health::Unhealthy
                                                    : Health::Unknown;
        else if (state != BACKEND_UNKNOWN)
            if (auto written = write(number, Health::Unknown); !written)
                return fail(written.error());
    }
    return {};
}

// Nothing is known of a number that means nobody, or somebody else.
std::vector<Error> HealthChecks::forget(const Wanted& wanted)
{
    std::vector<Error> errors;
    Wanted kept;
    for (const auto& [number, backend] : wanted_) {
        const auto now = wanted.find(number);
        if (now != wanted.end() && is_same_instance(now->second, backend))
            kept.emplace(number, backend);
    }
    if (checker_)
        run([&] { checker_->set(schedules_of(kept), {}); });
    for (const auto& [number, backend] : wanted_)
        if (!kept.contains(number))
            if (auto written = write(number, Health::Unknown); !written)
                errors.push_back(written.error());
    return errors;
}

Result<void> HealthChecks::write(std::uint32_t backend, Health health) const
{
    const __u32 state = health == Health::Healthy     ? BACKEND_ALIVE
                        : health == Health::Unhealthy ? BACKEND_DEAD
                                                      : BACKEND_UNKNOWN;
    return states_of(dataplane_).put({{backend, state}});
}

// By the thread.
void HealthChecks::note(std::uint32_t backend, const HealthReport& report)
{
    auto written = write(backend, report.state);
    boost::asio::post(agent_, [this, backend, report, written = std::move(written), alive = std::weak_ptr{alive_}] {
        if (alive.expired())
            return;
        if (!written)
            spdlog::error("{}", written.error().text());
        tell(backend, report);
    });
}

void HealthChecks::tell(std::uint32_t number, const HealthReport& report) const
{
    const auto found = wanted_.find(number);
    if (found == wanted_.end())
        return;
    const auto& [balancer, vni, address, port, check] = found->second;
    if (report.state == Health::Healthy)
        spdlog::info("load balancer {}: backend {} answers its health check on port {}", balancer, to_string(address),
                     port);
    else
        spdlog::warn("load balancer {}: backend {} gets no connections, its health check on port {} fails: {}",
                     balancer, to_string(address), port, report.reason);
}

std::map<std::uint32_t, HealthReport> HealthChecks::reports() const
{
    std::map<std::uint32_t, HealthReport> reports;
    if (checker_)
        run([&] { reports = checker_->reports(); });
    return reports;
}

} // namespace vpcd
