// Follows one packet through a loaded program (BPF_PROG_TEST_RUN). It leaves nothing behind: no flow, no counter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <vpcd/abi/trace.h>

#include "base/error.h"
#include "dataplane/programs.h"

namespace vpcd {

struct Probe {
    std::string program; // a TC program, by its name in bpf/
    unsigned ifindex;    // the device it enters by
    std::vector<std::uint8_t> packet;
    unsigned length; // of the frame as its headers say; its end may be left out of `packet`
    bool fresh;      // without looking at the flow table
};

// As much of a frame as need be given: more than all headers, less than what any kernel takes.
inline constexpr std::size_t kProbeBytes = 1024;

struct ProbeResult {
    bool redirected = false;          // to a device; else dropped, or passed to the host's own stack
    std::vector<std::uint8_t> packet; // as it left the program
    std::vector<::trace_step> steps;
    bool is_cut = false; // there were more steps than are kept
};

// One at a time.
Result<ProbeResult> follow(const Programs&, const Probe&);

} // namespace vpcd
