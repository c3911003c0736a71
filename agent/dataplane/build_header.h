// What programs compiled for this host are compiled for.
#pragma once

#include <string>

#include "dataplane/map_sizes.h"
#include "plan/features.h"

namespace vpcd {

// vpcd_build.h, as bpf/lib/features.h includes it: features as constants, table sizes.
std::string build_header(const FeatureSet&, const MapSizes&);

} // namespace vpcd
