// The one kernel vxlan device, in metadata mode. Its socket lets the kernel's GRO merge tunnel packets, and taps
// are served through it because it keeps big packets whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/netlink.h"
#include "plan/facts.h"

namespace vpcd {

inline constexpr const char* kTunnelDeviceAlias = "vpcd"; // marks it as ours, for readers
// Marks it as ours from its creation on: the kernel takes an alias only for a device that exists.
inline constexpr std::uint32_t kTunnelDeviceGroup = 0x76706364; // "vpcd"

struct TunnelDevice {
    unsigned ifindex = 0;
    std::string kind;
    std::string alias;
    std::uint32_t group = 0;
    std::uint16_t port = 0;
    bool has_metadata = false;
    bool has_learning = false;
    bool accepts_zero_checksum_6 = false;
    bool is_up = false;

    friend bool operator==(const TunnelDevice&, const TunnelDevice&) = default;
};

// By its alias, or by its group as long as it has no alias: one that was made by an agent that ended right then.
bool is_ours(const TunnelDevice&);

// What is to be done about the device of that name.
enum class TunnelDeviceStep { Nothing, SetUp, Create, Recreate, Refuse };
TunnelDeviceStep diff_tunnel_device(std::uint16_t port, const std::optional<TunnelDevice>& observed);

// Of one RTM_NEWLINK, of any kind of device.
std::optional<TunnelDevice> parse_tunnel_device(const nlmsghdr*);

Result<std::optional<TunnelDevice>> observe_tunnel_device(Netlink&, const std::string& name);
// Its ifindex. A device of that name that is not ours is an error, and stays.
Result<unsigned> ensure_tunnel_device(Netlink&, const std::string& name, std::uint16_t port);
// Only if it is ours; whether there was one.
Result<bool> remove_tunnel_device(Netlink&, const std::string& name);

} // namespace vpcd
