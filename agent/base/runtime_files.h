// Where agent and vpcctl meet: in the runtime directory.
#pragma once

namespace vpcd {

inline constexpr const char* kRuntimeDirectory = "/run/vpcd"; // unless the settings name another
inline constexpr const char* kSocketName = "vpcd.sock";
inline constexpr const char* kProgressName = "progress"; // what long work is at: "<pid> <words>"

} // namespace vpcd
