// Compiled programs on disk, one directory a build, named by the hash of what it was made from:
//   KEY/interface.bpf.o ...  KEY/manifest (hash of each)
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/object_file.h"

namespace vpcd {

class BuildCache {
public:
    static constexpr std::size_t kMostBuilds = 16;
    static constexpr std::size_t kKeyLength = 32; // hexadecimal digits

    // Creates the directory if it is not there; refuses one that others than root can write.
    static Result<BuildCache> open(std::filesystem::path directory);

    // What of ours is in such a directory: builds, and places to compile that were left. Empty where others than root
    // can write: that was never one.
    static std::vector<std::filesystem::path> entries(const std::filesystem::path& directory);

    // Nothing: not there. An error: it is there, but cut short, changed or not ours; it is removed.
    Result<std::optional<ObjectImages>> find(const std::string& key) const;
    // Whole or not at all. The oldest go beyond kMostBuilds.
    Result<void> put(const std::string& key, const ObjectImages&) const;
    // An empty directory to compile in; the caller removes it. Those of agents that are gone are removed.
    Result<std::filesystem::path> make_workplace() const;

private:
    explicit BuildCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
    Result<ObjectImages> read(const std::string& key) const;
    void remove_oldest() const;

    std::filesystem::path directory_;
};

} // namespace vpcd
