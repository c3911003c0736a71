// Hit counters of rules that no document has any more.
#pragma once

#include <vector>

#include <vpcd/abi/policy.h>

#include "dataplane/programs.h"
#include "plan/planner.h"

namespace vpcd {

// Of `hits`: those of rules, or VPCs, that are gone. Pure.
std::vector<::rule_hit_key> outdated(const Table<::rule_hit_key, ::rule_hits>& hits, const Planner&);

// Removes them: their table has an end.
Result<void> forget_outdated_hits(const Programs&, const Planner&);

} // namespace vpcd
