// The headers of the machine that the programs are compiled with: libbpf's and the kernel's.
#pragma once

#include <filesystem>
#include <vector>

#include "dataplane/source_tree.h"

namespace vpcd {

// Where clang looks for them, but for its own.
std::vector<std::filesystem::path> system_header_directories();
// Path and content of what the source includes from there, and what these include in turn. Conditions are not looked
// at, so it may be more than is used: enough to notice that something has changed.
SourceTree system_headers(const SourceTree& source, const std::vector<std::filesystem::path>& directories);

} // namespace vpcd
