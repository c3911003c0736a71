// Our programs as clsact filters: kernels before 6.6 have no TCX links. A filter is known as ours by its handle and
// priority; it outlives the agent without a pin, and is replaced in one step.
#pragma once

#include <set>
#include <utility>

#include "dataplane/hook_side.h"

namespace vpcd {

// Of a device's two sides, each holds one filter of ours at most.
using FilterPlace = std::pair<unsigned, HookSide>; // ifindex

// 0 or an errno, negative. Replaces what is ours there.
int attach_filter(const FilterPlace&, int program_fd);
// 0, or an errno, negative, when it is still there.
int detach_filter(const FilterPlace&);
bool has_filter(const FilterPlace&);
// On all devices of this network namespace.
std::set<FilterPlace> observe_filters();

} // namespace vpcd
