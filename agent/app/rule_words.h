// Rules of security groups and network ACLs by the numbers the kernel knows them by, in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan/planner.h"

namespace vpcd {

// "SecurityGroup web rules[2] (ingress allow tcp 80 from anybody)"; for what no rule decided "no rule matched:
// inbound is dropped", where `way` is "inbound". Empty for RULE_ID_NONE.
std::string rule_text(const Planner&, std::uint64_t rule, std::string_view way);

// Of packets that are asked about in this enum policy_stage, or dropped for this enum drop_reason.
std::string_view way_of_stage(unsigned stage);
std::string_view way_of_reason(unsigned reason);

// The sentence of an enum policy_stage.
std::string_view stage_sentence(unsigned stage);

} // namespace vpcd
