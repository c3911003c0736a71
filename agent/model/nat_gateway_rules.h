// What the files of a NatGateway's rules have in common.
#pragma once

#include <string>
#include <string_view>

#include "model/nat_gateway.h"

namespace vpcd {

inline constexpr unsigned kLastPort = 65535;

// "snat[1].addresses", "dnat[0].to"
std::string snat_path(std::size_t index, std::string_view key = {});
std::string dnat_path(std::size_t index, std::string_view key);
// As many entries of this list as it may have?
void check_count(std::string_view key, std::size_t count, const NatGateway&, RuleContext&);

void check_hosts(const NatGateway&, RuleContext&);
void check_snat(const NatGateway&, const Vpc*, RuleContext&);
void check_dnat(const NatGateway&, const Vpc*, RuleContext&);

} // namespace vpcd
