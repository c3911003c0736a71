// The kinds by name, as documents write them and as people type them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace vpcd {

// "Host", "Vpc", "Subnet", ... in the order in which they build on each other.
const std::vector<std::string_view>& kind_names();

// The kind meant by "subnets", "Subnet", "route-tables", "routetable", "RouteTable": any case, with or without '-'
// and plural; and by "sg", "acl", "pl".
std::optional<std::string_view> kind_by_name(std::string_view typed);

// The word of `known` that differs from `typed` by one or two slips; empty: none is close.
std::string_view closest(std::string_view typed, const std::vector<std::string_view>& known);

} // namespace vpcd
