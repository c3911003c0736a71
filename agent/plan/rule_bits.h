// Bitmaps of rules, and what blocks within blocks make of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <vpcd/abi/policy.h>

#include "plan/table.h"

namespace vpcd {

inline constexpr std::size_t kMostRuleBits = std::size_t{RULE_WORDS} * 64;

inline void add_rule(::rule_bits& bits, std::size_t rule)
{
    std::span{bits.word}[rule / 64] |= __u64{1} << rule % 64;
}

inline bool has_rule(const ::rule_bits& bits, std::size_t rule)
{
    return (std::span{bits.word}[rule / 64] >> rule % 64 & 1) != 0;
}

inline void add_rules(::rule_bits& bits, const ::rule_bits& more)
{
    for (std::size_t i = 0; i < RULE_WORDS; ++i)
        std::span{bits.word}[i] |= std::span{more.word}[i];
}

inline bool is_empty(const ::rule_bits& bits)
{
    return same_bytes(bits, ::rule_bits{});
}

// A block and a rule that matches all of it. Blocks overlap only by containing each other, and in their order those
// around others come first.
template <typename Block>
using BlockRules = std::vector<std::pair<Block, std::size_t>>;

// Each of these blocks once, with the rules that match all of it: its own, those of the blocks around it, and
// `everywhere`. Where that is what the next block around it has (`everywhere` outside all), it is left out. Whoever
// looks for the smallest block around something finds exactly the rules that match it.
template <typename Block>
std::vector<std::pair<Block, ::rule_bits>> nested_blocks(BlockRules<Block> matches, const ::rule_bits& everywhere)
{
    std::ranges::sort(matches);
    std::vector<std::pair<Block, ::rule_bits>> found;
    std::vector<std::size_t> open; // of `found`, those around the block at hand
    for (auto match = matches.begin(); match != matches.end();) {
        const Block block = match->first;
        while (!open.empty() && !found[open.back()].first.contains(block))
            open.pop_back();
        const ::rule_bits around = open.empty() ? everywhere : found[open.back()].second;
        ::rule_bits bits = around;
        for (; match != matches.end() && match->first == block; ++match)
            add_rule(bits, match->second);
        if (same_bytes(bits, around))
            continue;
        open.push_back(found.size());
        found.emplace_back(block, bits);
    }
    return found;
}

} // namespace vpcd
