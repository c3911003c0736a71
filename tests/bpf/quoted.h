// What an ICMP error repeats of the packet it is about.
#pragma once

#include "support/packet.h"

namespace vpcd::test {

// The quoted IP header's addresses and what stands in its transport header at `offset`.
struct Quoted {
    std::uint32_t from, to;
    std::uint16_t word;
};

inline std::uint32_t word32(const Bytes& bytes, std::size_t at)
{
    return static_cast<std::uint32_t>(bytes[at]) << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
}

inline Quoted quoted(const Bytes& frame, std::size_t offset)
{
    constexpr std::size_t kQuote = 14 + 20 + 8;
    return {word32(frame, kQuote + 12), word32(frame, kQuote + 16),
            static_cast<std::uint16_t>(frame[kQuote + 20 + offset] << 8 | frame[kQuote + 21 + offset])};
}

} // namespace vpcd::test
