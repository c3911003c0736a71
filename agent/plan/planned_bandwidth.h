// The rows of bandwidth caps. Their indexes follow from whose they are: two for each interface and each public
// address.
#pragma once

#include <cstdint>

#include "model/bandwidth.h"
#include "plan/tables.h"

namespace vpcd {

// Indexes of the rows it writes, 0: no cap.
struct LimitIndexes {
    std::uint32_t ingress = 0;
    std::uint32_t egress = 0;
};
LimitIndexes add_interface_limits(std::uint32_t interface, const Bandwidth&, Tables&);
// `payer`: the public address whose rows it shares; itself, where it shares none.
void add_public_limits(std::uint32_t public_id, std::uint32_t payer, const Bandwidth&, Tables&);

// What the kernel reckons with. `megabits`: a second.
::limit limit_of(unsigned megabits);
unsigned megabits_of(const ::limit&); // rounded

} // namespace vpcd
