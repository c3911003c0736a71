// YAML text -> trees that remember where everything stands.
// What a document of this product never needs is refused before it can do harm: bytes that are not printable UTF-8,
// files above 64 MiB, documents above 2 MiB and words above 4 KiB, deep nesting, aliases that expand without measure,
// a key twice in one mapping.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace vpcd {

inline constexpr std::size_t kLargestFile = std::size_t{64} << 20;
inline constexpr std::size_t kLargestDocument = std::size_t{2} << 20;
inline constexpr std::size_t kLongestWord = 4096; // in bytes; keys and values
inline constexpr unsigned kDeepestNesting = 32;
inline constexpr std::size_t kMostAliasedNodes = 100'000; // per file
inline constexpr unsigned kMostDirectives = 16;           // per document

struct YamlEntry;

// Owns nothing: texts lie in the file's text, the rest in the arena of the document.
struct YamlNode {
    enum class Type : std::uint8_t { Null, Scalar, Sequence, Mapping };

    Type type = Type::Null;
    bool is_quoted = false;
    unsigned line = 0;                  // from 1
    unsigned column = 0;                // from 1
    std::string_view text;              // Scalar
    std::span<const YamlNode> items;    // Sequence
    std::span<const YamlEntry> entries; // Mapping; keys are distinct
};

struct YamlEntry {
    YamlNode key; // Scalar
    YamlNode value;
};

// Calls `take` for each document that is not empty, in the order of the text, until it returns false; the tree lives
// until `take` returns. Returns one error for each document that could not be read: a broken document does not hide
// the ones behind it, reading goes on at the next "---".
std::vector<Error> parse_yaml(const std::string& file, std::string_view text,
                              const std::function<bool(const YamlNode&)>& take);

// Said when there are kMostErrors.
Error too_many_errors(const std::string& file, unsigned line);

} // namespace vpcd
