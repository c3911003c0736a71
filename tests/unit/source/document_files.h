// Documents on disk, as tests and careful writers put them there.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

inline void write_file(const std::filesystem::path& path, std::string_view text)
{
    std::ofstream{path} << text;
}

// As careful writers do: a temporary file, then rename.
inline void replace_file(const std::filesystem::path& path, std::string_view text)
{
    const auto temporary = path.string() + ".tmp";
    write_file(temporary, text);
    std::filesystem::rename(temporary, path);
}
