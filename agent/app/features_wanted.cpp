#include "app/features_wanted.h"

namespace vpcd {

FeatureSet features_wanted(const Tables& rows, const FeatureInputs& inputs)
{
    FeatureSet features = features_of(rows) | inputs.received;
    if (inputs.xdp)
        features.set(FEATURE_XDP);
    if (inputs.events)
        features.set(FEATURE_EVENTS);
    return features;
}

} // namespace vpcd
