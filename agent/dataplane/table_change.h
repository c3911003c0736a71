// One change of the kernel's tables, in an order in which every packet meets the rules of before or those of after.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "dataplane/grace_period.h"
#include "dataplane/programs.h"
#include "dataplane/settings_row.h"
#include "plan/tables.h"

namespace vpcd {

class TableChange {
public:
    TableChange(const Programs& programs, const GracePeriod& grace, SettingsRow& settings, const PlanChanges& changes)
        : programs_(programs), grace_(grace), settings_(settings), changes_(changes)
    {
    }

    // Once. Goes on past what fails. Whatever step a crash interrupts, the rows it leaves differ from the plan's, and
    // writing the difference completes the change.
    std::vector<Error> run();

private:
    void write_rules();
    void switch_policies();
    void write_others();
    void settle_policies();
    template <bool kOfRules>
    void remove();
    bool removes_rules() const;
    bool keeps_old_rules(const ::policy& now, const ::policy& wanted) const;
    void note(const Result<void>& done);

    const Programs& programs_;
    const GracePeriod& grace_;
    SettingsRow& settings_;
    const PlanChanges& changes_;
    std::set<__u32> incomplete_;                       // rule sets of which a row was refused
    std::vector<std::pair<__u32, ::policy>> switched_; // as they are to be
    bool all_switched_ = true;
    std::vector<Error> errors_;
};

} // namespace vpcd
