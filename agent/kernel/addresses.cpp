#include "kernel/addresses.h"

#include <algorithm>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace vpcd {

std::optional<LocalAddress> parse_local_address(const nlmsghdr* message)
{
    const auto* info = fixed_header<ifaddrmsg>(message);
    if (message->nlmsg_type != RTM_NEWADDR || !info)
        return std::nullopt;
    const Attributes attributes{message, sizeof(ifaddrmsg)};
    const auto local = attributes.address(IFA_LOCAL);
    const auto address = local ? local : attributes.address(IFA_ADDRESS);

    if (!address)
        return std::nullopt;
    return LocalAddress{info->ifa_index, *address};
}

Result<LocalAddresses> observe_local_addresses(Netlink& netlink, const LinkIndex& links)
{
    Message request{RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}};
    auto found = netlink.collect(request, parse_local_address, "list the addresses");
    if (!found)
        return fail(found.error());

    LocalAddresses addresses;
    std::ranges::sort(*found);
    for (const auto& [ifindex, address] : *found) {
        const auto link = links.find(ifindex);
        if (link != links.end())
            addresses.try_emplace(address, link->second.name);
    }
    return addresses;
}

} // namespace vpcd
