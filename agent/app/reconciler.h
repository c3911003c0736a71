// Holds the kernel to the plan: observes, plans, applies, and tries again what failed. One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/announcer.h"
#include "app/health_checks.h"
#include "app/hooks_wanted.h"
#include "app/host_programs.h"
#include "app/pace.h"
#include "app/progress.h"
#include "dataplane/dataplane.h"
#include "kernel/host_kernel.h"
#include "model/model.h"
#include "plan/planner.h"

namespace vpcd {

// What the last pass cost, in milliseconds.
struct PassTimes {
    double plan = 0; // kernel's facts and plan
    double kernel = 0;
    double tables = 0;
    double hooks = 0;
    std::size_t rows_written = 0;
};

class Reconciler {
public:
    Reconciler(boost::asio::io_context&, const AgentConfig&, const Model&, HostKernel&, Dataplane&, Progress&);

    // Takes over what the kernel holds from an earlier run. Before the first reconcile().
    Result<void> adopt();
    // The documents named have changed. Nothing is done before the first call: until a set of documents is accepted,
    // what runs goes on as it is.
    void reconcile(const ResourceIds& touched);
    // The kernel has changed, or may have.
    void refresh();

    const Planner& planner() const { return planner_; }
    const Facts& facts() const { return kernel_.facts(); }
    bool is_started() const { return is_started_; }              // documents were accepted
    const std::vector<Error>& errors() const { return errors_; } // of the last pass; being retried
    const PassTimes& times() const { return times_; }
    bool uses_xdp() const { return uses_xdp_; }
    const HealthChecks& health() const { return health_; }
    HostPrograms& programs() { return programs_; }
    const HostPrograms& programs() const { return programs_; }

private:
    void observe(const std::set<Address>& peers);
    PlanChanges plan(const ResourceIds& touched);
    void repair(PlanChanges& changes);
    void write(const PlanChanges& changes);
    void postpone_write();
    void attach();
    unsigned check_ifindex() const;
    bool are_settings_written() const;
    bool takes_external() const;
    CheckNamespace* namespace_of_checks();
    void check_backends();
    bool needs_xdp() const;
    bool needs_tunnel_device() const;
    std::set<Address> served_by_route() const;
    void note(std::vector<Error> errors);
    void schedule();

    const AgentConfig& config_;
    const Model& model_;
    HostKernel& kernel_;
    Dataplane& dataplane_;
    Progress& progress_;
    PassTimes times_;
    Planner planner_;
    HostPrograms programs_;
    Announcer announcer_;
    HealthChecks health_;
    std::vector<Error> errors_;
    std::set<std::string> logged_; // errors already told
    std::set<unsigned> no_xdp_;    // devices whose driver has no XDP
    bool uses_xdp_ = false;
    bool is_started_ = false;
    bool is_planned_ = false;
    bool is_table_suspect_ = false; // a write failed: compare with the kernel before the next one
    Pace pace_;
    boost::asio::steady_timer timer_;
};

} // namespace vpcd
