// The agent's directory in the BPF file system: maps/ and links/ outlive the agent.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace vpcd {

class Pins {
public:
    // Creates the directories; mounts nothing. The directory must be on a BPF file system.
    static Result<Pins> open(std::filesystem::path directory);
    // To look at what is there, if anything.
    static Pins at(std::filesystem::path directory) { return Pins{std::move(directory)}; }

    const std::filesystem::path& directory() const { return directory_; }

    std::filesystem::path maps() const { return directory_ / "maps"; }
    std::filesystem::path links() const { return directory_ / "links"; }
    std::vector<std::string> map_names() const;
    std::vector<std::string> link_names() const;

private:
    explicit Pins(std::filesystem::path directory) : directory_(std::move(directory)) {}

    std::filesystem::path directory_;
};

} // namespace vpcd
