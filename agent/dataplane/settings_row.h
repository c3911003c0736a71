// The one row of `settings`: most of it is the plan's; what no document says is the dataplane's own, and stays
// whatever the plan writes.
#pragma once

#include <vpcd/abi/host.h>

#include "base/error.h"

namespace vpcd {

class SettingsRow {
public:
    // `map` is borrowed. Takes over what an earlier agent has left.
    static Result<SettingsRow> open(int map);

    Result<::settings> read() const;
    // What of a row is the plan's.
    static ::settings planned(::settings row);
    Result<void> write_planned(const ::settings& row) const;

    // Drop events are produced only while somebody reads them.
    Result<void> produce_events(bool on);
    // Events a second and CPU about packets that rules drop, whoever reads them; 0: none.
    Result<void> produce_denials(unsigned per_second);
    // Which of the two rule sets of each policy is in force; switch_rules() changes that for all of them at once.
    unsigned rules_in_force() const { return own_.epoch & 1; }
    Result<void> switch_rules();

private:
    explicit SettingsRow(int map) : map_(map) {}
    ::settings with_own(::settings row) const;
    Result<void> rewrite() const;

    int map_;
    ::settings own_{}; // events, denials, epoch; the others are 0
};

} // namespace vpcd
