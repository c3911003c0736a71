// Takes what agents have left in the kernel's BPF half away. Each function tells what it removed, one line each.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "dataplane/pins.h"

namespace vpcd {

// Links pinned there, and filters of ours on any device. `filtered`: devices that had one.
std::vector<std::string> remove_attachments(const Pins&, std::set<unsigned>& filtered);
// The maps, and the directories as far as they are empty then.
std::vector<std::string> remove_pins(const Pins&);

} // namespace vpcd
