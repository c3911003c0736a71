// From an entry of the flow table to what an operator reads.
#pragma once

#include <vpcd/abi/flow.h>

#include "dataplane/clock.h"
#include "observe/views.h"
#include "plan/planner.h"

namespace vpcd {

// What a filter asks for, in the terms of the table, so that a million entries are not rendered to show ten.
class FlowSelection {
public:
    FlowSelection(const FlowFilter&, const Planner&);
    bool selects(const ::flow_key&, const ::flow&) const;

private:
    const FlowFilter& filter_;
    const Planner& planner_;
    std::optional<::address> address_;
};

FlowView to_view(const ::flow_key&, const ::flow&, const Planner&, const KernelClock&);

} // namespace vpcd
