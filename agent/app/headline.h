// How the agent is, in one line.
#pragma once

#include <string>

#include "app/reconciler.h"
#include "config/documents.h"

namespace vpcd {

// "host node-a: 12 interfaces, 11 attached; 3 errors in documents, the last good ones are in force; 1 error is
// retried"
std::string headline(const AgentConfig&, const Documents&, const Reconciler&);

} // namespace vpcd
