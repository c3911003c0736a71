// Files of the tests, written and read whole.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>

namespace vpcd::test {

inline void write(const std::filesystem::path& path, const std::string& text, mode_t mode = 0644)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
    ::chmod(path.c_str(), mode);
}

inline std::string read(const std::filesystem::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace vpcd::test
