// Rule sets of any size of which exactly one rule, the last, matches what is measured.
#pragma once

#include <functional>

#include <vpcd/abi/types.h>

namespace vpcd::bench {

inline constexpr __u32 kGroupSet = 1; // of the peer: endpoint.group_set

using MapNamed = std::function<int(const char*)>;

// `count` rules that allow, then drop. The last is about everything from 10.0.0.0/16; one half of the others is about
// TCP ports of the same block, the other half about UDP from single addresses elsewhere.
void write_rule_set(const MapNamed& map, __u32 id, unsigned count, __u32 vpc);

} // namespace vpcd::bench
