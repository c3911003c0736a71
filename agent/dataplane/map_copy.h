// Carries the entries of one map over into another.
#pragma once

#include <cstdint>

#include "dataplane/layout.h"
#include "dataplane/raw_map.h"

namespace vpcd {

struct MapConversion {
    Conversion key;
    Conversion value;

    static std::expected<MapConversion, std::string> between(const MapLayout& from, const MapLayout& to);
    std::string words() const;
};

// How many entries `to` had no room for. `add_only`: what `to` has already stays.
Result<std::uint64_t> copy_entries(const RawMap& from, const RawMap& to, const MapConversion&, bool add_only);

} // namespace vpcd
