// Ends flows: those that were idle for too long, and those somebody names. The kernel half does it, entry by entry,
// so that none is ended that a packet has just used.
#pragma once

#include <array>
#include <cstdint>

#include <vpcd/abi/expiry.h>

#include "dataplane/clock.h"
#include "dataplane/programs.h"

namespace vpcd {

// By enum flow_timeout.
using TimeoutSeconds = std::array<unsigned, FLOW_TIMEOUT_COUNT>;

inline constexpr TimeoutSeconds kTimeoutSeconds{
#define X(id, name, seconds, sentence) seconds,
    VPCD_TIMEOUTS(X)
#undef X
};

struct Expired {
    std::uint32_t seen = 0;  // entries of flows and translations
    std::uint32_t ended = 0; // of these
};
Result<Expired> expire_flows(const Programs&, const KernelClock&, const TimeoutSeconds&);

// This entry and its other direction: how many there were.
Result<std::uint32_t> forget_flow(const Programs&, const ::flow_key&);

// The same of a connection through a NAT gateway.
Result<std::uint32_t> forget_translation(const Programs&, const ::flow_key&);

// Writes `flow_counts` anew from what `flows` holds: after entries came into it that no program has counted.
Result<void> recount_flows(const Programs&);
// The same of `translation_counts`.
Result<void> recount_translations(const Programs&);

} // namespace vpcd
