// Which address blocks of a set overlap, without comparing each with each.
#pragma once

#include <algorithm>
#include <vector>

#include "base/address.h"

namespace vpcd {

// Calls meet(around, within) for pairs of overlapping `blocks`; each block that overlaps any is in one of them.
// cidr_of(block) is its Prefix. Blocks overlap only by containing each other: in the order of addresses, larger
// first, each one meets those that are still open.
template <typename Block>
void for_each_overlap(std::vector<Block> blocks, auto&& cidr_of, auto&& meet)
{
    std::ranges::stable_sort(blocks, {}, cidr_of);
    std::vector<Block> open;
    for (const Block& block : blocks) {
        while (!open.empty() && !cidr_of(open.back()).contains(cidr_of(block)))
            open.pop_back();
        for (const Block& around : open)
            meet(around, block);
        if (open.empty() || cidr_of(open.back()) != cidr_of(block))
            open.push_back(block);
    }
}

} // namespace vpcd
