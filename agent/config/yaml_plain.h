// The way nearly all documents are written -> its tree, fifteen times faster than by libyaml: block mappings and
// lists of one-line values in plain ASCII. It never refuses; whatever else a document has, libyaml reads the whole of
// it. What is taken makes the very tree that libyaml makes (tests/fuzz compares the two).
#pragma once

#include <string_view>

#include "config/yaml_tree.h"

namespace vpcd {

// False: not taken, and `tree` is not to be used. `lines_before` the text in its file.
bool parse_plain(std::string_view text, unsigned lines_before, YamlTree& tree);

} // namespace vpcd
