#include "kernel/own_device.h"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "kernel/tunnel_device.h"

namespace vpcd {

bool is_ours(const TunnelDevice& device)
{
    return device.alias.empty() ? device.group == kOwnDeviceGroup : device.alias == kOwnDeviceAlias;
}

Result<void> remove_device(Netlink& netlink, const std::string& name, unsigned ifindex)
{
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(ifindex);
    Message request{RTM_DELLINK, 0, header};
    return netlink.execute(request, fmt::format("remove device {}", name));
}

Result<void> mark_and_set_up(Netlink& netlink, const std::string& name, unsigned ifindex)
{
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(ifindex);
    header.ifi_flags = header.ifi_change = IFF_UP;
    Message request{RTM_NEWLINK, 0, header};
    request.put(IFLA_IFALIAS, kOwnDeviceAlias, std::string_view{kOwnDeviceAlias}.size());
    return netlink.execute(request, fmt::format("set up device {}", name));
}

Result<bool> remove_own_device(Netlink& netlink, const std::string& name)
{
    const auto observed = observe_tunnel_device(netlink, name);
    if (!observed)
        return fail(observed.error());
    if (!*observed || !is_ours(**observed))
        return false;
    if (const auto removed = remove_device(netlink, name, (*observed)->ifindex); !removed)
        return fail(removed.error());
    return true;
}

} // namespace vpcd
