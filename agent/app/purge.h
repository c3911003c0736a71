// vpcd --purge: everything of ours goes, and nothing else.
#pragma once

#include "config/agent_config.h"

namespace vpcd {

// Refused while an agent runs. Prints what it removed, and what it could not; a second time there is nothing. Returns
// the exit code.
int purge(const AgentConfig&);

} // namespace vpcd
