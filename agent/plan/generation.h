// Whose flows must be decided again after a change.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "plan/state.h"

namespace vpcd {

// Local interfaces that were here before and that `changes` concern: their own rows, or those of their subnet, of its
// route table, of their VPC or of their policies. Not by what happens to other interfaces: flows see that in
// `next_hops`; unless it is about groups that rules refer to.
// Reads the rows before the change in state.tables.
std::set<std::string> concerned(const PlanChanges& changes, const PlannerState& state);

// Policies that say something else, or of the same peers something else.
std::set<std::uint32_t> policies_concerned(const PlanChanges& changes, const PlannerState& state);

// Gives each of them its next generation, in the state and in the rows.
void bump_generations(const std::set<std::string>& interfaces, PlannerState& state, Tables& before, Tables& after);

} // namespace vpcd
