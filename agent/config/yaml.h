// YAML text -> a tree that remembers where everything stands. Exceptions of yaml-cpp stop here.
// What a document of this product never needs is refused before it can do harm: bytes that are not printable UTF-8,
// files above 64 MiB and documents above 2 MiB, deep nesting, aliases that expand without measure, a key twice in one
// mapping.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace vpcd {

inline constexpr std::size_t kLargestFile = std::size_t{64} << 20;
// The parser keeps all words of a "[...]" or "{...}" in memory until it is closed, at many times their size.
inline constexpr std::size_t kLargestDocument = std::size_t{2} << 20;
inline constexpr unsigned kDeepestNesting = 32;
inline constexpr std::size_t kMostAliasedNodes = 100'000; // per file

struct YamlEntry;

struct YamlNode {
    enum class Type { Null, Scalar, Sequence, Mapping };

    Type type = Type::Null;
    bool is_quoted = false;
    unsigned line = 0;              // from 1
    unsigned column = 0;            // from 1
    std::string text;               // Scalar
    std::vector<YamlNode> items;    // Sequence
    std::vector<YamlEntry> entries; // Mapping; keys are distinct
};

struct YamlEntry {
    YamlNode key; // Scalar
    YamlNode value;
};

struct YamlFile {
    std::vector<YamlNode> documents; // without the empty ones
    std::vector<Error> errors;       // one for each document that could not be read
};

// A broken document does not hide the errors of the ones behind it: reading goes on at the next "---".
YamlFile parse_yaml(const std::string& file, std::string_view text);

} // namespace vpcd
