// Health checks of the backends that this host gives connections to: what is found goes straight into the kernel
// half. On a thread of their own, which is in a network namespace of its own; everything here is called by the
// agent's.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "dataplane/dataplane.h"
#include "kernel/check_device.h"
#include "plan/planner.h"
#include "service/health_checker.h"

namespace vpcd {

class HealthChecks {
public:
    using Backends = Table<__u32, ::backend>;
    using Wanted = std::map<std::uint32_t, Planner::CheckedBackend>;

    // From then on the calling thread cannot make namespaces any more.
    HealthChecks(boost::asio::io_context&, const Dataplane&);
    HealthChecks(const HealthChecks&) = delete;
    HealthChecks& operator=(const HealthChecks&) = delete;
    ~HealthChecks();

    // What an earlier agent has found holds until it is found again, of those of its backends that are still there.
    void adopt(Backends earlier) { earlier_ = std::move(earlier); }
    // Where the sockets are. An error if that could not be made.
    Result<CheckNamespace*> where();
    // Why nothing can be checked; nothing: it can.
    std::optional<Error> obstacle() const;
    // Before `changes` are written: who has had connections so far without being asked goes on until it fails.
    std::vector<Error> presume(const Changes<__u32, ::backend>& changes);
    // Checks these and no others. `rows`: of all backends, checked or not.
    std::vector<Error> set(const Wanted&, const Backends& rows);

    // By the number of the backend.
    std::map<std::uint32_t, HealthReport> reports() const;

private:
    void begin();
    void run(const std::function<void()>& there) const;
    void note(std::uint32_t backend, const HealthReport&);
    void tell(std::uint32_t backend, const HealthReport&) const;
    using Known = std::map<HealthChecker::Key, Health>;
    Result<void> take_over(const Wanted&, const Backends& rows, Known&);
    std::vector<Error> forget(const Wanted& wanted);
    Result<void> write(std::uint32_t backend, Health) const;

    boost::asio::io_context& agent_;
    const Dataplane& dataplane_;
    mutable boost::asio::io_context context_{1}; // of the thread
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    Result<CheckNamespace> namespace_;
    std::unique_ptr<HealthChecker> checker_; // the thread's; null: there is no namespace
    std::thread thread_;
    std::optional<Backends> earlier_;
    Wanted wanted_;
    Known presumed_;                                       // since the last set()
    std::shared_ptr<int> alive_ = std::make_shared<int>(); // expires with this; what the thread tells asks it first
};

} // namespace vpcd
