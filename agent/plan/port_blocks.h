// A range of ports cut into blocks of 2^n that begin at multiples of their size, as tries have them.
#pragma once

#include <compare>
#include <cstdint>

#include "model/access_rule.h"

namespace vpcd {

inline constexpr unsigned kPortBits = 16;

struct PortBlock {
    std::uint16_t first = 0;
    std::uint8_t length = 0; // bits that all its ports have in common

    std::uint32_t size() const { return 1u << (kPortBits - length); }
    bool contains(const PortBlock& other) const
    {
        return length <= other.length && first <= other.first &&
               static_cast<std::uint32_t>(other.first - first) < size();
    }
    friend auto operator<=>(const PortBlock&, const PortBlock&) = default;
};

// The largest blocks that make up the range, in order.
void for_each_block(const PortRange& range, auto&& act)
{
    for (std::uint32_t first = range.first; first <= range.last;) {
        PortBlock block{static_cast<std::uint16_t>(first), kPortBits};
        while (block.length > 0) {
            const PortBlock larger{block.first, static_cast<std::uint8_t>(block.length - 1)};
            if (first % larger.size() != 0 || first + larger.size() - 1 > range.last)
                break;
            block = larger;
        }
        act(block);
        first += block.size();
    }
}

} // namespace vpcd
