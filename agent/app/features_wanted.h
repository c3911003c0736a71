// Which features the programs of this host must have. Pure.
#pragma once

#include "plan/features.h"

namespace vpcd {

struct FeatureInputs {
    bool xdp = false;    // tunnels are taken off in XDP, or may be
    bool events = true;  // settings: drops can be followed, or are logged
    FeatureSet received; // encapsulations this host has received in before: who has not heard yet still sends in them
};

FeatureSet features_wanted(const Tables& rows, const FeatureInputs&);

} // namespace vpcd
