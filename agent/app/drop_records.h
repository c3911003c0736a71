// From the kernel's drop events to what those who follow them read.
#pragma once

#include <vpcd/abi/drop.h>

#include "observe/views.h"
#include "plan/planner.h"

namespace vpcd {

// `now`: seconds since 1970, when the event was read.
DropRecord to_record(const ::drop_event&, const Planner&, double now);

// Name and sentence of an enum drop_reason.
struct DropReason {
    std::string_view name;
    std::string_view sentence;
};
DropReason drop_reason(unsigned reason);

} // namespace vpcd
