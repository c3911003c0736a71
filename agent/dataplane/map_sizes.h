// Sizes of tables that are settings.
#pragma once

#include <cstdint>

#include <vpcd/abi/limits.h>

namespace vpcd {

struct MapSizes {
    std::uint32_t flows;
    std::uint32_t endpoints; // of `endpoints` and `next_hops`
    std::uint32_t pending = VPCD_MAX_PENDING;
    std::uint32_t translations = VPCD_MAX_TRANSLATIONS;
};

} // namespace vpcd
