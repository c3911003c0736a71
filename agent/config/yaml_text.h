// What a file must be before YAML is looked for in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace vpcd {

// The first byte that has no place in a document: not UTF-8 (RFC 3629), NUL and other control characters.
std::optional<Error> find_foreign_byte(const std::string& file, std::string_view text);

// All of it is ASCII that can be seen, spaces and line ends ("\n").
bool is_plain_text(std::string_view text);

// Line and column, from 1, of a byte.
std::pair<unsigned, unsigned> place_of(std::string_view text, std::size_t offset);

struct TextPiece {
    std::string_view text;
    unsigned line = 0; // lines before it
};

// One piece a document: cut before each "---" line and after each "..." line (YAML 1.2.2, 9.1.2: neither can be
// content at the start of a line). Directives ("%YAML 1.2") belong to the document they stand before.
std::vector<TextPiece> split_documents(std::string_view text);

} // namespace vpcd
