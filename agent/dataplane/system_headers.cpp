#include "dataplane/system_headers.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace vpcd {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_header(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        return std::nullopt;
    std::ifstream file{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

// What stands between the quotes or brackets of `#include` lines.
std::vector<std::string> included_by(const std::string& text)
{
    std::vector<std::string> names;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const auto hash = line.find_first_not_of(" \t");
        if (hash == std::string::npos || line[hash] != '#')
            continue;
        const auto word = line.find_first_not_of(" \t", hash + 1);
        if (word == std::string::npos || line.compare(word, 7, "include") != 0)
            continue;
        const auto begin = line.find_first_of("<\"", word);
        const auto end = begin == std::string::npos ? begin : line.find_first_of(">\"", begin + 1);
        if (end != std::string::npos)
            names.push_back(line.substr(begin + 1, end - begin - 1));
    }
    return names;
}

} // namespace

std::vector<fs::path> system_header_directories()
{
    return {"/usr/local/include", "/usr/include", fs::path{"/usr/include"} / VPCD_MULTIARCH};
}

SourceTree system_headers(const SourceTree& source, const std::vector<fs::path>& directories)
{
    SourceTree headers;
    std::vector<std::pair<fs::path, std::string>> unread; // directory and content
    for (const auto& [path, content] : source)
        unread.emplace_back(fs::path{}, content);
    while (!unread.empty()) {
        const auto [own, text] = std::move(unread.back());
        unread.pop_back();
        std::vector<fs::path> places = directories;
        if (!own.empty())
            places.push_back(own); // for "names in quotes"
        for (const auto& name : included_by(text))
            for (const auto& place : places) {
                const auto path = (place / name).lexically_normal();
                auto content = headers.contains(path.string()) ? std::nullopt : read_header(path);
                if (!content)
                    continue;
                unread.emplace_back(path.parent_path(), *content);
                headers.emplace(path.string(), std::move(*content));
            }
    }
    return headers;
}

} // namespace vpcd
