// Waits until no program runs any more that has begun before: what it may have read is then nobody's.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"

namespace vpcd {

// Not by membarrier(2): the kernel refuses that where a CPU is isolated (nohz_full). A write to a map of maps returns
// only after an RCU grace period, so that its writer "knows that all programs that could be running use the new map
// value" (kernel/bpf/syscall.c, maybe_wait_bpf_programs, since 4.19).
class GracePeriod {
public:
    static Result<GracePeriod> open();

    Result<void> wait() const;

private:
    GracePeriod(UniqueFd inner, UniqueFd outer) : inner_(std::move(inner)), outer_(std::move(outer)) {}

    UniqueFd inner_;
    UniqueFd outer_;
};

} // namespace vpcd
