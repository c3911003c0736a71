// From the numbers of a traced packet's steps to what an operator reads: names, prefixes, places in documents.
#pragma once

#include <functional>

#include <vpcd/abi/trace.h>

#include "observe/trace_view.h"
#include "plan/planner.h"

namespace vpcd {

struct TraceWords {
    const Model& model;
    const Planner& planner;
    const Facts& facts;
    const Vpc& vpc;                                     // whose packet it is
    std::function<double(std::uint32_t)> seconds_since; // a stamp of the kernel

    TraceStep describe(const ::trace_step&) const;
    // The local interface behind a device; empty: none.
    std::string interface_at(unsigned ifindex) const;
    std::string device_name(unsigned ifindex) const;
};

} // namespace vpcd
