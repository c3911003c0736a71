// Devices that the agent makes: how they are known again, by it and by readers.
#pragma once

#include <cstdint>
#include <string>

#include "kernel/netlink.h"

namespace vpcd {

inline constexpr const char* kOwnDeviceAlias = "vpcd"; // marks it as ours, for readers
// Marks it as ours from its creation on: the kernel takes an alias only for a device that exists.
inline constexpr std::uint32_t kOwnDeviceGroup = 0x76706364; // "vpcd"

struct TunnelDevice;

// By its alias, or by its group as long as it has no alias: one that was made by an agent that ended right then.
bool is_ours(const TunnelDevice&);

Result<void> remove_device(Netlink&, const std::string& name, unsigned ifindex);
Result<void> mark_and_set_up(Netlink&, const std::string& name, unsigned ifindex);
// Only if it is ours; whether there was one.
Result<bool> remove_own_device(Netlink&, const std::string& name);

} // namespace vpcd
