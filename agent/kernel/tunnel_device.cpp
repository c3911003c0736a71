#include "kernel/tunnel_device.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace vpcd {

namespace {

Result<void> create_device(Netlink& netlink, const std::string& name, std::uint16_t port)
{
    Message request{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{}};
    request.put_string(IFLA_IFNAME, name).put_u32(IFLA_GROUP, kOwnDeviceGroup);
    request.put_nested(IFLA_LINKINFO, [port](Message& info) {
        info.put_string(IFLA_INFO_KIND, "vxlan").put_nested(IFLA_INFO_DATA, [port](Message& data) {
            data.put_u8(IFLA_VXLAN_COLLECT_METADATA, 1)
                .put_u16(IFLA_VXLAN_PORT, htons(port))
                .put_u8(IFLA_VXLAN_LEARNING, 0)
                .put_u8(IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 1);
        });
    });
    return netlink.execute(request, fmt::format("create vxlan device {} on port {}", name, port));
}

Result<unsigned> create_tunnel_device(Netlink& netlink, const std::string& name, std::uint16_t port)
{
    if (const auto created = create_device(netlink, name, port); !created)
        return fail(created.error());
    const auto device = observe_tunnel_device(netlink, name);
    if (!device)
        return fail(device.error());
    if (!*device)
        return fail(Error{ErrorSource::Netlink, ENODEV, fmt::format("device {} vanished after its creation", name)});
    if (const auto is_up = mark_and_set_up(netlink, name, (*device)->ifindex); !is_up)
        return fail(is_up.error());
    return (*device)->ifindex;
}

} // namespace

std::optional<TunnelDevice> parse_tunnel_device(const nlmsghdr* message)
{
    const auto* header = fixed_header<ifinfomsg>(message);
    if (message->nlmsg_type != RTM_NEWLINK || !header)
        return std::nullopt;
    const Attributes attributes{message, sizeof(ifinfomsg)};

    TunnelDevice device;
    device.ifindex = static_cast<unsigned>(header->ifi_index);
    device.is_up = (header->ifi_flags & IFF_UP) != 0;
    device.alias = attributes.string(IFLA_IFALIAS);
    device.group = attributes.u32(IFLA_GROUP).value_or(0);
    const auto info = attributes.nested(IFLA_LINKINFO);
    if (info)
        device.kind = info->string(IFLA_INFO_KIND);
    if (device.kind != "vxlan")
        return device;
    if (const auto data = info->nested(IFLA_INFO_DATA)) {
        device.port = ntohs(data->u16(IFLA_VXLAN_PORT).value_or(0));
        device.has_metadata = data->u8(IFLA_VXLAN_COLLECT_METADATA).value_or(0) != 0;
        device.has_learning = data->u8(IFLA_VXLAN_LEARNING).value_or(0) != 0;
        device.accepts_zero_checksum_6 = data->u8(IFLA_VXLAN_UDP_ZERO_CSUM6_RX).value_or(0) != 0;
    }
    return device;
}

TunnelDeviceStep diff_tunnel_device(std::uint16_t port, const std::optional<TunnelDevice>& observed)
{
    if (!observed)
        return TunnelDeviceStep::Create;
    if (!is_ours(*observed))
        return TunnelDeviceStep::Refuse;
    const bool is_equal = observed->kind == "vxlan" && observed->port == port && observed->has_metadata &&
                          !observed->has_learning && observed->accepts_zero_checksum_6;
    if (!is_equal)
        return TunnelDeviceStep::Recreate;
    const bool is_complete = observed->is_up && !observed->alias.empty();
    return is_complete ? TunnelDeviceStep::Nothing : TunnelDeviceStep::SetUp;
}

Result<std::optional<TunnelDevice>> observe_tunnel_device(Netlink& netlink, const std::string& name)
{
    Message request{RTM_GETLINK, 0, ifinfomsg{}};
    request.put_string(IFLA_IFNAME, name);
    const auto found = netlink.collect(request, parse_tunnel_device, fmt::format("read device {}", name));
    if (!found && found.error().code() == ENODEV)
        return std::nullopt;
    if (!found)
        return fail(found.error());
    if (found->empty())
        return std::nullopt;
    return found->front();
}

Result<unsigned> ensure_tunnel_device(Netlink& netlink, const std::string& name, std::uint16_t port)
{
    const auto observed = observe_tunnel_device(netlink, name);
    if (!observed)
        return fail(observed.error());

    switch (diff_tunnel_device(port, *observed)) {
    case TunnelDeviceStep::Nothing:
        break;
    case TunnelDeviceStep::SetUp:
        if (const auto is_up = mark_and_set_up(netlink, name, (*observed)->ifindex); !is_up)
            return fail(is_up.error());
        break;
    case TunnelDeviceStep::Recreate:
        if (const auto removed = remove_device(netlink, name, (*observed)->ifindex); !removed)
            return fail(removed.error());
        return create_tunnel_device(netlink, name, port);
    case TunnelDeviceStep::Create:
        return create_tunnel_device(netlink, name, port);
    case TunnelDeviceStep::Refuse:
        return fail(
            Error{ErrorSource::Netlink, EEXIST,
                  fmt::format("a device {} exists and is not ours (its alias is not '{}')", name, kOwnDeviceAlias)});
    }
    return (*observed)->ifindex;
}

} // namespace vpcd
