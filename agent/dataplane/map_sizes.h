// Sizes of tables that are settings.
#pragma once

#include <cstdint>

namespace vpcd {

struct MapSizes {
    std::uint32_t flows;
    std::uint32_t endpoints; // of `endpoints` and `next_hops`
};

} // namespace vpcd
