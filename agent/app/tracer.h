// Answers `vpcctl trace`: builds the packet an instance would send, runs the loaded programs on it, and tells in
// names what they decided. Leaves nothing behind in the kernel.
#pragma once

#include "app/reconciler.h"
#include "app/trace_words.h"
#include "dataplane/trace.h"
#include "observe/trace_view.h"

namespace vpcd {

class Tracer {
public:
    Tracer(const AgentConfig& config, const Model& model, const Reconciler& reconciler, Dataplane& dataplane)
        : config_(config), model_(model), reconciler_(reconciler), dataplane_(dataplane)
    {
    }

    // An error of the source Config is one of the request.
    Result<TraceAnswer> trace(const TraceRequest&);

private:
    struct Question; // a request that has been understood

    TraceWords words_for(const Question&) const;
    Result<Question> understand(const TraceRequest&) const;
    Result<TraceAnswer> trace_departure(const Question&);
    Result<TraceAnswer> trace_arrival(const Question&);
    Result<ProbeResult> run(const Question&, const Probe&, std::string packet, TraceAnswer&) const;
    void conclude(const Question&, const ProbeResult&, TraceAnswer&) const;

    const AgentConfig& config_;
    const Model& model_;
    const Reconciler& reconciler_;
    Dataplane& dataplane_;
};

} // namespace vpcd
