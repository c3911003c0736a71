// The queueing discipline that carries filters of TC programs.
#pragma once

#include "kernel/netlink.h"

namespace vpcd {

// Removes it from a device unless it carries a filter; whether there was one to remove.
Result<bool> remove_idle_clsact(Netlink&, unsigned ifindex);

} // namespace vpcd
