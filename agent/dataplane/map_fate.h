// What becomes of one pinned map when an agent starts. Plain values, told to the operator.
#pragma once

#include <cstdint>
#include <string>

namespace vpcd {

enum class Fate {
    Keep,    // the same layout and size
    Create,  // there is none yet
    Migrate, // the entries go over into a new map
    Renew,   // the entries must not go over: the new map starts empty
    Drop,    // nobody uses it any more
};

struct MapFate {
    std::string name;
    Fate fate = Fate::Keep;
    std::uint64_t entries = 0; // of the old map; not counted for Keep
    std::string reason;        // of Migrate and Renew: "last_seen has moved", "262144 entries instead of 1024"

    friend bool operator==(const MapFate&, const MapFate&) = default;
};

// "table flows: 120 entries are carried over (last_seen has moved)".
std::string describe(const MapFate&);
// Entries are given up that the documents do not bring back.
bool is_loss(const MapFate&);

} // namespace vpcd
