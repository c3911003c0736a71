// The rule sets of one update: made, shared, given up.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "plan/state.h"

namespace vpcd {

// Beside what is in use now there must be room for what takes its place: rows are removed last.
class RuleSetPass {
public:
    RuleSetPass(PlannerState& state, Tables& before, Tables& after) : state_(state), before_(before), after_(after) {}

    // Sets of groups have come or gone: those rule sets that have one of these groups for a peer learn of it in
    // place, while no peer is in the set yet, or none any more. Returns the rule sets that have no room for that:
    // they let the wrong packets through, and nobody is given them any more.
    const std::set<std::uint32_t>& settle_members();
    // The set of these rules: the one that is there, or a new one. One claim more.
    Result<std::uint32_t> acquire(const std::string& vpc, const OrderedRules&);
    // One claim less. After everything was acquired: numbers are not used anew before the next update.
    void release(std::uint32_t id);

private:
    void come(const GroupSets::Place&);
    void go(const GroupSets::Place&);
    Result<std::uint32_t> make(PlannedRuleSet, const OrderedRules&);
    Result<void> take_room(const PlannedRuleSet&, bool is_known);

    PlannerState& state_;
    Tables& before_;
    Tables& after_;
    // Written in this update, beside what the tables hold.
    struct {
        std::size_t rules = 0;
        std::size_t peers = 0;
        std::size_t groups = 0;
        std::size_t ports = 0;
    } more_;
    std::set<std::uint32_t> crowded_;
};

} // namespace vpcd
