// The agent's own directories, which no other agent may use at the same time.
#pragma once

#include <vector>

#include "base/directory_lock.h"
#include "base/runtime_files.h"
#include "config/agent_config.h"

namespace vpcd {

// The runtime directory and the pin directory, made where they are not there.
Result<std::vector<DirectoryLock>> make_directories(const AgentConfig&);
// Those that are there.
Result<std::vector<DirectoryLock>> lock_directories(const AgentConfig&);

} // namespace vpcd
