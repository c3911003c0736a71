// The source of the programs as it is installed: bpf/ and include/vpcd/abi/.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"

namespace vpcd {

// Relative path to content.
using SourceTree = std::map<std::string, std::string>;

// Reads C sources and headers, all of it or nothing. Refuses what others than root can change.
Result<SourceTree> read_source(const std::filesystem::path& root);
// Below an empty directory of ours: what was hashed is what is compiled.
Result<void> write_source(const SourceTree&, const std::filesystem::path& root);

} // namespace vpcd
