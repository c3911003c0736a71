// Hashes of texts.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vpcd {

// FNV-1a of 32 bits; `seed`, the hash of what came before, makes one text of several.
inline constexpr std::uint32_t kFnvStart = 0x811c9dc5;

constexpr std::uint32_t fnv1a(std::string_view text, std::uint32_t seed = kFnvStart)
{
    for (const char c : text)
        seed = (seed ^ static_cast<unsigned char>(c)) * 0x01000193u;
    return seed;
}

// For tables by std::string that are asked by std::string_view.
struct HashName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};

} // namespace vpcd
