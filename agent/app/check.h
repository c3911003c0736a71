// `vpcd --check DIR`: the documents of a directory against the rules, and the plan they make. No kernel, no root.
#pragma once

#include "config/agent_config.h"

namespace vpcd {

// Prints to standard output, errors to standard error. Returns the exit code: 0 valid, 1 not.
int check_documents(const AgentConfig&, const std::string& directory);

} // namespace vpcd
