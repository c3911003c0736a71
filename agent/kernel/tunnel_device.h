// The one kernel vxlan device, in metadata mode. Its socket lets the kernel's GRO merge tunnel packets, and taps
// are served through it because it keeps big packets whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/netlink.h"
#include "kernel/own_device.h"
#include "plan/facts.h"

namespace vpcd {

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

// What is to be done about the device of that name.
enum class TunnelDeviceStep { Nothing, SetUp, Create, Recreate, Refuse };
TunnelDeviceStep diff_tunnel_device(std::uint16_t port, const std::optional<TunnelDevice>& observed);

// Of one RTM_NEWLINK, of any kind of device.
std::optional<TunnelDevice> parse_tunnel_device(const nlmsghdr*);

Result<std::optional<TunnelDevice>> observe_tunnel_device(Netlink&, const std::string& name);
// Its ifindex. A device of that name that is not ours is an error, and stays.
Result<unsigned> ensure_tunnel_device(Netlink&, const std::string& name, std::uint16_t port);

} // namespace vpcd
