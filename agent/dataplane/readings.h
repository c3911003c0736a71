// What the kernel half has written: flows, hits of rules, and counters, summed over the CPUs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <vpcd/abi/counter.h>
#include <vpcd/abi/drop.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/nat.h>
#include <vpcd/abi/policy.h>
#include <vpcd/abi/public.h>

#include "dataplane/programs.h"
#include "plan/table.h"

namespace vpcd {

enum class FlowTable { Established, Pending };
const char* name_of(FlowTable); // of the map

using FlowVisitor = std::function<bool(FlowTable, const ::flow_key&, const ::flow&)>; // false: enough

// Of both tables, except those about to be removed.
Result<void> visit_flows(const Programs&, const FlowVisitor&);
Result<std::uint64_t> count_flows(const Programs&, FlowTable);
using TranslationVisitor = std::function<bool(const ::flow_key&, const ::translation&)>; // false: enough
Result<void> visit_translations(const Programs&, const TranslationVisitor&);
std::optional<::translation> find_translation(const Programs&, const ::flow_key&);
// Connections of a VPC (address 0), of a private address, or of a public one (VNI 0).
Result<std::uint64_t> count_translations(const Programs&, const ::translation_count_key&);
// That a backend of a load balancer has now.
Result<std::uint64_t> read_backend_connections(const Programs&, std::uint32_t backend);
// The key of the other direction; nothing: it is not known yet.
std::optional<::flow_key> answer_key(const ::flow_key&, const ::flow&);
// In whichever table it is.
std::optional<::flow> find_flow(const Programs&, const ::flow_key&);

Result<Table<::rule_hit_key, ::rule_hits>> read_rule_hits(const Programs&);
// Of one rule; zeroes where it has decided nothing.
Result<::rule_hits> read_rule_hits(const Programs&, const ::rule_hit_key&);
Result<void> forget_rule_hits(const Programs&, const std::vector<::rule_hit_key>&);
Result<Table<::drop_key, ::drop_count>> read_drops(const Programs&);
Result<std::array<std::uint64_t, COUNTER_COUNT>> read_counters(const Programs&);
// Of one local interface, by its id.
Result<::interface_counters> read_traffic(const Programs&, std::uint32_t interface_id);
Result<::public_counters> read_public_traffic(const Programs&, std::uint32_t public_id);
// Traffic and drops of these interface ids start from zero.
Result<void> clear_counts(const Programs&, const std::set<std::uint32_t>& interface_ids);
Result<void> clear_public_counts(const Programs&, const std::set<std::uint32_t>& public_ids);

} // namespace vpcd
