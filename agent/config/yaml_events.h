// Any YAML document -> its tree, by libyaml.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/yaml_tree.h"

namespace vpcd {

// `lines_before` the text in its file. `aliased_nodes` counts what aliases have expanded to so far.
std::optional<Refusal> parse_by_events(std::string_view text, unsigned lines_before, std::size_t& aliased_nodes,
                                       YamlTree& tree);

} // namespace vpcd
