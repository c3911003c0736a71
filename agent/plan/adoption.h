// A new agent meets the rows of an earlier one, and keeps their numbers.
#pragma once

#include "plan/state.h"

namespace vpcd {

// Before the first pass: every id, serial and generation in state.tables stays with what it belonged to, as far as
// the model still has that.
void seed(PlannerState&, const Model&, const Facts&);

// The part of it about policies and rule sets: those keep their number whose rules are still the same.
void seed_policies(PlannerState&, const Model&);

// After the first pass: what nobody claimed is vacant.
void vacate_unclaimed(PlannerState&, Tables& after);

} // namespace vpcd
