// Many files at once -> what each declares.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/parse.h"

namespace vpcd {

// path -> text; nullopt: the file is gone, and declares nothing. Large sets are read by a few threads, which share
// nothing but the number of the next file and end before this returns; what is returned does not depend on them.
std::map<std::string, ParsedFile> parse_files(const std::map<std::string, std::optional<std::string>>& files);

} // namespace vpcd
