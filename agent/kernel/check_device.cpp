#include "kernel/check_device.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>

#include <vpcd/abi/limits.h>

#include "kernel/tunnel_device.h"

namespace vpcd {

namespace {

constexpr const char* kInnerName = "checks"; // of the end over there
constexpr unsigned kLoopback = 1;            // ifindex, in every namespace
constexpr std::uint32_t kMtu = 65535;        // answers are as big as the backend's network lets them be
constexpr std::uint8_t kBlockLength = 8;     // of VPCD_CHECK_BLOCK

Result<void> create_pair(Netlink& here, const std::string& name, int there)
{
    Message request{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{}};
    request.put_string(IFLA_IFNAME, name).put_u32(IFLA_GROUP, kOwnDeviceGroup).put_u32(IFLA_MTU, kMtu);
    request.put_nested(IFLA_LINKINFO, [there](Message& info) {
        info.put_string(IFLA_INFO_KIND, "veth").put_nested(IFLA_INFO_DATA, [there](Message& data) {
            data.put_nested(VETH_INFO_PEER, [there](Message& peer) {
                const Mac mac{{VPCD_CHECK_MAC}};
                peer.append(ifinfomsg{})
                    .put_string(IFLA_IFNAME, kInnerName)
                    .put_u32(IFLA_MTU, kMtu)
                    .put(IFLA_ADDRESS, mac.abi().byte, sizeof(mac.abi().byte))
                    .put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(there));
            });
        });
    });
    return here.execute(request, fmt::format("create device {}", name));
}

// No IPv6 either: its solicitations would be drops without a cause. A kernel that has none refuses, which is as well.
void silence(Netlink& netlink, unsigned ifindex)
{
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(ifindex);
    Message request{RTM_NEWLINK, 0, header};
    request.put_nested(IFLA_AF_SPEC, [](Message& families) {
        families.put_nested(AF_INET6,
                            [](Message& family) { family.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
    });
    (void)netlink.execute(request, "keep IPv6 off a device of health checks");
}

// Nobody answers ARP over there: the kernel half passes on whatever comes.
Result<void> set_up(Netlink& netlink, unsigned ifindex, unsigned flags)
{
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(ifindex);
    header.ifi_flags = header.ifi_change = IFF_UP | flags;
    Message request{RTM_NEWLINK, 0, header};
    return netlink.execute(request, "set up a device of health checks");
}

Result<void> add_route(Netlink& netlink, const rtmsg& header, unsigned ifindex)
{
    Message request{RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header};
    if (header.rtm_dst_len != 0)
        request.put_address(RTA_DST, Address::v4(VPCD_CHECK_BLOCK));
    request.put_u32(RTA_OIF, ifindex);
    return netlink.execute(request, "add a route of health checks");
}

rtmsg route(std::uint8_t length, std::uint8_t table, std::uint8_t scope, std::uint8_t type)
{
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = length;
    header.rtm_table = table;
    header.rtm_protocol = kRouteProtocol;
    header.rtm_scope = scope;
    header.rtm_type = type;
    return header;
}

// Every VPC's address of the checker is local, every other address is at the other end of the pair.
Result<void> furnish(Netlink& there)
{
    const auto device = observe_tunnel_device(there, kInnerName);
    if (!device)
        return fail(device.error());
    if (!*device)
        return fail(Error{ErrorSource::Netlink, ENODEV, "the device of health checks vanished after its creation"});
    const unsigned ifindex = (*device)->ifindex;
    silence(there, ifindex);
    if (auto done = set_up(there, kLoopback, 0); !done)
        return done;
    if (auto done = set_up(there, ifindex, IFF_NOARP); !done)
        return done;
    if (auto done = add_route(there, route(kBlockLength, RT_TABLE_LOCAL, RT_SCOPE_HOST, RTN_LOCAL), kLoopback); !done)
        return done;
    return add_route(there, route(0, RT_TABLE_MAIN, RT_SCOPE_LINK, RTN_UNICAST), ifindex);
}

} // namespace

Result<CheckNamespace> CheckNamespace::enter()
{
    if (::unshare(CLONE_NEWNET))
        return fail(Error::system(errno, "make a network namespace for health checks"));
    UniqueFd fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!fd)
        return fail(Error::system(errno, "open the network namespace of health checks"));
    auto netlink = Netlink::open();
    if (!netlink)
        return fail(netlink.error());
    return CheckNamespace{std::move(fd), std::move(*netlink)};
}

Result<unsigned> make_check_device(Netlink& here, const std::string& name, CheckNamespace& there)
{
    if (const auto removed = remove_own_device(here, name); !removed)
        return fail(removed.error());
    if (const auto created = create_pair(here, name, there.fd()); !created)
        return fail(created.error());
    const auto device = observe_tunnel_device(here, name);
    if (!device)
        return fail(device.error());
    if (!*device)
        return fail(Error{ErrorSource::Netlink, ENODEV, fmt::format("device {} vanished after its creation", name)});
    silence(here, (*device)->ifindex);
    if (const auto done = furnish(there.netlink()); !done)
        return fail(done.error());
    if (const auto done = mark_and_set_up(here, name, (*device)->ifindex); !done)
        return fail(done.error());
    return (*device)->ifindex;
}

} // namespace vpcd
