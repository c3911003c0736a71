// Takes what agents have left in the kernel's BPF half and on disk away.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "dataplane/pins.h"

namespace vpcd {

// One line for each thing removed, an error for each that could not be.
struct Removal {
    std::vector<std::string> removed;
    std::vector<Error> failures;

    // Files and empty directories. What is not there, and a directory that holds what is not ours, is no matter.
    void file(const std::filesystem::path&, const std::string& name);
    void directory(const std::filesystem::path&);
};

// Links pinned there, and filters of ours on any device. `filtered`: devices that had one.
Removal remove_attachments(const Pins&, std::set<unsigned>& filtered);
// The maps, and the directories as far as they are empty then.
Removal remove_pins(const Pins&);
// Programs compiled on this host, and the directory when it is empty then.
Removal remove_builds(const std::filesystem::path& cache);

} // namespace vpcd
