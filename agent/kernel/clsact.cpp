#include "kernel/clsact.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

namespace vpcd {

namespace {

tcmsg about(unsigned ifindex, std::uint32_t parent)
{
    tcmsg header{};
    header.tcm_ifindex = static_cast<int>(ifindex);
    header.tcm_parent = parent;
    return header;
}

std::optional<bool> parse_filter(const nlmsghdr* message)
{
    const bool is_filter = message->nlmsg_type == RTM_NEWTFILTER && fixed_header<tcmsg>(message);
    return is_filter ? std::optional{true} : std::nullopt;
}

Result<bool> has_filters(Netlink& netlink, unsigned ifindex, std::uint32_t parent)
{
    Message request{RTM_GETTFILTER, NLM_F_DUMP, about(ifindex, parent)};
    const auto found = netlink.collect(request, parse_filter, fmt::format("list the filters of device {}", ifindex));
    if (!found)
        return fail(found.error());
    return !found->empty();
}

} // namespace

Result<bool> remove_idle_clsact(Netlink& netlink, unsigned ifindex)
{
    for (const std::uint32_t direction : {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS}) {
        const auto is_in_use = has_filters(netlink, ifindex, TC_H_MAKE(TC_H_CLSACT, direction));
        if (!is_in_use)
            return fail(is_in_use.error());
        if (*is_in_use)
            return false;
    }
    auto header = about(ifindex, TC_H_CLSACT);
    header.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    Message request{RTM_DELQDISC, 0, header};
    request.put_string(TCA_KIND, "clsact");
    const auto removed = netlink.execute(request, fmt::format("remove clsact from device {}", ifindex));
    const bool is_absent = !removed && (removed.error().code() == ENOENT || removed.error().code() == EINVAL);
    if (!removed && !is_absent)
        return fail(removed.error());
    return !is_absent;
}

} // namespace vpcd
