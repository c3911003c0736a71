// From an entry of the flow tables to what an operator reads.
#pragma once

#include <vpcd/abi/flow.h>
#include <vpcd/abi/nat.h>

#include "dataplane/clock.h"
#include "dataplane/readings.h"
#include "observe/views.h"
#include "plan/planner.h"

namespace vpcd {

// What a filter asks for, in the terms of the table, so that a million entries are not rendered to show ten. Refers
// to both.
class FlowSelection {
public:
    FlowSelection(const FlowFilter&, const Planner&);
    bool selects(const ::flow_key&, const ::flow&) const;
    bool selects(const ::flow_key&, const ::translation&) const;

private:
    bool has_ends(const ::flow_key&, const ::address&, __be16 port) const;

    const FlowFilter& filter_;
    const Planner& planner_;
    std::optional<::address> address_;
};

// `otherwise`: of one that nobody ends, empty: it is established.
std::string_view tcp_state_word(unsigned own, unsigned other, std::string_view otherwise);

// An entry, and that of the other direction; nullptr: there is none.
struct FlowEntry {
    FlowTable table;
    const ::flow_key& key;
    const ::flow& flow;
    const ::flow* answer;
};

// Of a TCP connection; empty for another.
std::string_view state_of(const FlowEntry&);

FlowView to_view(const FlowEntry&, const Planner&, const KernelClock&);

} // namespace vpcd
