// The kernel half as the agent handles it: programs, tables, hooks. One thread.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "dataplane/clock.h"
#include "dataplane/flow_ends.h"
#include "dataplane/grace_period.h"
#include "dataplane/hook_set.h"
#include "dataplane/pins.h"
#include "dataplane/programs.h"
#include "dataplane/settings_row.h"
#include "plan/tables.h"

namespace vpcd {

struct DataplaneOptions {
    TimeoutSeconds timeouts = kTimeoutSeconds;
    unsigned denials = 0; // events a second and CPU about packets that rules drop, whether drops are followed or not
};

class Dataplane {
public:
    static Result<std::unique_ptr<Dataplane>> open(const std::filesystem::path& pin_directory, const MapSizes&,
                                                   const DataplaneOptions& = {});
    // What open() would do to the tables an earlier agent has left. Changes nothing.
    static Result<std::vector<MapFate>> preview(const std::filesystem::path& pin_directory, const MapSizes&);
    Dataplane(const Dataplane&) = delete;
    Dataplane& operator=(const Dataplane&) = delete;

    // What the tables hold now; rows of arrays that are all zero count as absent.
    Result<Tables> observe() const;
    // Adds what will be referenced, switches, removes what no one references any more. Goes on past what fails. A
    // change of rules takes the time of some packets (an RCU grace period, tens of milliseconds).
    std::vector<Error> apply(const PlanChanges&);
    // Also completes what the start began: old tables end when no old program is left.
    std::vector<Error> attach(const std::set<Hook>& wanted);
    // Programs of another build on every hook. On an error those of before go on, if these could not even be loaded;
    // else the embedded ones are put back (uses_embedded()).
    Result<void> use(const ObjectImages&);
    // The embedded programs again: they know everything. On an error some hooks have them and some those of before.
    Result<void> use_embedded();
    bool uses_embedded() const { return programs_.prefers_own(); }
    // Programs an earlier agent has attached may still run.
    bool has_inherited_programs() const { return hooks_.has_inherited(); }
    bool is_attached(const Hook& hook) const { return hooks_.is_attached(hook); }
    // The one row of `settings`.
    Result<::settings> read_settings() const { return settings_.read(); }
    std::set<std::uint32_t> newly_used(const Changes<__u32, ::interface>&) const;
    std::set<std::uint32_t> newly_used(const Changes<::public_key, ::public_address>&) const;
    // Drop events are produced only while somebody reads them.
    Result<void> produce_events(bool on) { return settings_.produce_events(on); }
    // Flows that were idle for longer than they may be.
    Result<Expired> expire_flows();

    const Programs& programs() const { return programs_; }
    KernelClock& clock() { return clock_; }
    const KernelClock& clock() const { return clock_; }

private:
    Dataplane(Pins, Programs, KernelClock, SettingsRow, GracePeriod, const DataplaneOptions&);
    Result<void> welcome(const std::set<std::uint32_t>& newcomers);

    Pins pins_;
    Programs programs_;
    KernelClock clock_;
    SettingsRow settings_;
    GracePeriod grace_;
    DataplaneOptions options_;
    HookSet hooks_; // refers to pins_
};

} // namespace vpcd
