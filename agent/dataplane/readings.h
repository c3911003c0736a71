// What the kernel half has written: flows and counters, summed over the CPUs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <vpcd/abi/counter.h>
#include <vpcd/abi/drop.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/interface.h>

#include "dataplane/programs.h"
#include "plan/table.h"

namespace vpcd {

using FlowVisitor = std::function<bool(const ::flow_key&, const ::flow&)>; // false: enough

Result<void> visit_flows(const Programs&, const FlowVisitor&);
Result<std::uint64_t> count_flows(const Programs&);
Result<Table<::drop_key, ::drop_count>> read_drops(const Programs&);
Result<std::array<std::uint64_t, COUNTER_COUNT>> read_counters(const Programs&);
// Of one local interface, by its id.
Result<::interface_counters> read_traffic(const Programs&, std::uint32_t interface_id);
// Traffic and drops of these interface ids start from zero.
Result<void> clear_counts(const Programs&, const std::set<std::uint32_t>& interface_ids);

} // namespace vpcd
