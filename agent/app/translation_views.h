// From an entry of the table of connections through NAT gateways to what an operator reads.
#pragma once

#include <vpcd/abi/flow.h>
#include <vpcd/abi/nat.h>

#include "app/flow_views.h"

namespace vpcd {

// The key of the other direction.
::flow_key answer_key(const ::flow_key&, const ::translation&);

// An entry, and that of the other direction; nullptr: there is none.
struct TranslationEntry {
    const ::flow_key& key;
    const ::translation& translation;
    const ::translation* answer;
};

// Of a TCP connection; empty for another.
std::string_view state_of(const TranslationEntry&);

FlowView to_view(const TranslationEntry&, const Planner&, const KernelClock&);

} // namespace vpcd
