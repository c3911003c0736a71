// Who writes a table, and what its entries refer to: what a change of one table means for another.
#pragma once

#include <string_view>
#include <vector>

namespace vpcd {

// By the agent, from the documents; the others are written by the programs.
bool is_written_by_plan(std::string_view table);
// Tables whose entries hold numbers of entries of `table`: they are worth nothing once those numbers start anew.
std::vector<std::string_view> referrers_of(std::string_view table);

} // namespace vpcd
