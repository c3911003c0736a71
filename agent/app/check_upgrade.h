// vpcd --check-upgrade: what a start of this version would do to what an earlier agent has left.
#pragma once

#include "config/agent_config.h"

namespace vpcd {

// Changes nothing. Returns the exit code: 0, 3 when entries would be lost, 1 when it cannot tell.
int check_upgrade(const AgentConfig&);

} // namespace vpcd
