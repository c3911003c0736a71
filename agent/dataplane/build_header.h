// What programs compiled for this host are compiled for.
#pragma once

#include <cstdint>
#include <string>

#include "plan/features.h"

namespace vpcd {

struct MapSizes {
    std::uint32_t flows;
    std::uint32_t endpoints; // of `endpoints` and `next_hops`
};

// vpcd_build.h, as bpf/lib/features.h includes it: features as constants, table sizes.
std::string build_header(const FeatureSet&, const MapSizes&);

} // namespace vpcd
