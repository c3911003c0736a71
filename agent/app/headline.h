// How the agent is, in one line.
#pragma once

#include <string>

#include "app/reconciler.h"
#include "config/documents.h"

namespace vpcd {

// What the line is made of.
struct Condition {
    std::string host;
    std::string documents;    // the directory
    bool is_declared = false; // as a Host in it
    std::size_t interfaces = 0;
    std::size_t attached = 0;
    std::size_t refused = 0;     // errors in documents
    std::size_t unreadable = 0;  // files, or the directory
    std::size_t retried = 0;     // errors of the kernel
    bool lacks_compiled = false; // programs of this host were asked for and could not be made
};

Condition condition_of(const AgentConfig&, const Documents&, const Reconciler&, std::size_t unreadable);

// "host node-a: 12 interfaces, 11 attached; 3 errors in documents, the last good ones are in force; 1 error being
// retried"
std::string headline(const Condition&);

} // namespace vpcd
