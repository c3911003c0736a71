// Words for protocols, flags and times, as the API reads and writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vpcd {

// "tcp"; a number for what has no common name.
std::string protocol_name(unsigned protocol);
// Of a name or a number up to 255.
std::optional<unsigned> parse_protocol(std::string_view text);
// "syn|ack", "none"; flags as in the header's low six bits.
std::string tcp_flag_names(unsigned flags);
// Of names with '|' or ',' between.
std::optional<unsigned> parse_tcp_flags(std::string_view text);
// Do ICMP messages of this type carry an identifier: are they queries, or answers to them?
bool has_icmp_id(unsigned type);
// "2026-03-01T12:00:00.250Z"
std::string to_rfc3339(double unix_seconds);

} // namespace vpcd
