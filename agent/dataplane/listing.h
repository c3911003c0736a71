// The names in a directory, without what the standard library throws when it is gone or cannot be read half-way.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vpcd {

// Empty as well where there is no such directory.
inline std::vector<std::string> names_in(const std::filesystem::path& directory)
{
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at{directory, error}, end; !error && at != end; at.increment(error))
        names.push_back(at->path().filename().string());
    return names;
}

} // namespace vpcd
