// The plan in words: one line for each row.
#pragma once

#include <string>

#include "plan/planner.h"

namespace vpcd {

// All rows, table by table: "endpoint blue 10.0.1.10 -> slot 3 (web-1 @ node-a)".
std::string explain(const Tables&, const Planner&);
// The same with "+ " in front of rows that are written, and "- " in front of keys that are removed.
std::string explain(const PlanChanges&, const Planner&);

} // namespace vpcd
