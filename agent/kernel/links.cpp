#include "kernel/links.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/own_device.h"

namespace vpcd {

namespace {

Message ask(int flags, unsigned ifindex = 0)
{
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(ifindex);
    Message request{RTM_GETLINK, flags, header};
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

} // namespace

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
    link.is_ours = attributes.string(IFLA_IFALIAS) == kOwnDeviceAlias;
    link.is_loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
    return link;
}

std::optional<ObservedLink> parse_observed_link(const nlmsghdr* message)
{
    auto link = parse_link(message);
    if (!link)
        return std::nullopt;
    const LinkReach reach{
        .mtu = link->mtu,
        .is_up = link->is_up,
        .is_running = (fixed_header<ifinfomsg>(message)->ifi_flags & IFF_RUNNING) != 0,
        .master = Attributes{message, sizeof(ifinfomsg)}.u32(IFLA_MASTER).value_or(0),
    };
    return ObservedLink{std::move(*link), reach};
}

std::set<unsigned> parse_links_concerned(const nlmsghdr* message)
{
    const auto* info = fixed_header<ifinfomsg>(message);
    const bool is_link = message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK;
    if (!is_link || !info || info->ifi_family != AF_UNSPEC)
        return {};
    const Attributes attributes{message, sizeof(ifinfomsg)};

    std::set<unsigned> concerned{static_cast<unsigned>(info->ifi_index)};
    const auto other_end = attributes.u32(IFLA_LINK).value_or(0);
    if (other_end != 0 && !attributes.has(IFLA_LINK_NETNSID))
        concerned.insert(other_end);
    return concerned;
}

Result<std::vector<ObservedLink>> observe_all_links(Netlink& netlink)
{
    auto request = ask(NLM_F_DUMP);
    return netlink.collect(request, parse_observed_link, "list the network devices");
}

Result<Links> observe_links(Netlink& netlink)
{
    auto found = observe_all_links(netlink);
    if (!found)
        return fail(found.error());

    Links links;
    for (auto& [link, reach] : *found)
        links.insert_or_assign(link.name, link);
    return links;
}

Result<std::map<unsigned, ObservedLink>> observe_links(Netlink& netlink, const std::set<unsigned>& ifindexes)
{
    const std::vector<unsigned> asked{ifindexes.begin(), ifindexes.end()};
    std::vector<Message> requests;
    for (const auto ifindex : asked)
        requests.push_back(ask(0, ifindex));

    std::map<unsigned, ObservedLink> found;
    const auto errors = netlink.exchange_all(
        requests,
        [&](std::size_t i, const nlmsghdr* answer) {
            if (auto link = parse_observed_link(answer))
                found.insert_or_assign(asked[i], std::move(*link));
        },
        [&](std::size_t i) { return fmt::format("read network device {}", asked[i]); });
    for (const auto& [i, error] : errors)
        if (error.code() != ENODEV)
            return fail(error);
    return found;
}

LinkIndex index_links(const Links& links)
{
    LinkIndex index;
    for (const auto& [name, link] : links)
        index.emplace(link.ifindex, link);
    return index;
}

} // namespace vpcd
