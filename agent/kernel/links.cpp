#include "kernel/links.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace vpcd {

std::optional<Link> parse_link(const nlmsghdr* message)
{
    const auto* info = fixed_header<ifinfomsg>(message);
    if (message->nlmsg_type != RTM_NEWLINK || !info || info->ifi_family != AF_UNSPEC)
        return std::nullopt;
    const Attributes attributes{message, sizeof(ifinfomsg)};

    Link link;
    link.ifindex = static_cast<unsigned>(info->ifi_index);
    link.name = attributes.string(IFLA_IFNAME);
    if (const auto details = attributes.nested(IFLA_LINKINFO))
        link.kind = details->string(IFLA_INFO_KIND);
    link.is_peer_here = is_pair(link.kind) && !attributes.has(IFLA_LINK_NETNSID);
    link.mac = attributes.mac(IFLA_ADDRESS).value_or(Mac{});
    link.mtu = attributes.u32(IFLA_MTU).value_or(0);
    link.is_up = (info->ifi_flags & IFF_UP) != 0;
    link.is_loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
    return link;
}

Result<Links> observe_links(Netlink& netlink)
{
    Message request{RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}};
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    auto found = netlink.collect(request, parse_link, "list the network devices");
    if (!found)
        return fail(found.error());

    Links links;
    for (auto& link : *found)
        links.insert_or_assign(link.name, link);
    return links;
}

LinkIndex index_links(const Links& links)
{
    LinkIndex index;
    for (const auto& [name, link] : links)
        index.emplace(link.ifindex, link);
    return index;
}

} // namespace vpcd
