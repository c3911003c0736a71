// Whose turn it is at a load balancer: tables of backends, by which a packet's program finds one without looking at
// all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vpcd {

struct SlotHolder {
    std::uint32_t id = 0;
    std::string name;    // decides which slots it has, whatever its id
    unsigned weight = 1; // 1 to 100
};

// Each as often as its weight says, spread evenly (smooth weighted round robin, as nginx has it).
std::vector<std::uint32_t> round_robin_slots(const std::vector<SlotHolder>&);
// Of a number that does not follow from who they are, each as many as its weight says: when one comes or goes, few of
// the others' slots change hands (Maglev, NSDI 2016, 3.4). The number is a prime, more than 100 for each.
std::vector<std::uint32_t> maglev_slots(const std::vector<SlotHolder>&);

} // namespace vpcd
