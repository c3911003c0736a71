// Which features of the datapath rows make use of (vpcd/abi/features.h). Pure.
#pragma once

#include <bitset>
#include <string>

#include <vpcd/abi/features.h>

#include "plan/tables.h"

namespace vpcd {

using FeatureSet = std::bitset<FEATURE_COUNT>;

inline FeatureSet all_features()
{
    return FeatureSet{}.set();
}
inline bool contains(const FeatureSet& features, const FeatureSet& wanted)
{
    return (wanted & ~features).none();
}

// The feature of an enum encapsulation; none for NONE.
FeatureSet feature_of_encapsulation(unsigned encapsulation);
// What a program must know that sees these rows. What hosts receive counts whether they are peers now or not: the
// next interface makes them so.
FeatureSet features_of(const Tables& rows);

// "vxlan, pair, source-check"
std::string to_string(const FeatureSet&);

} // namespace vpcd
