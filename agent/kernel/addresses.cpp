#include "kernel/addresses.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace vpcd {

std::optional<AddressTable::value_type> parse_local_address(const nlmsghdr* message)
{
    const auto* info = fixed_header<ifaddrmsg>(message);
    const bool is_address = message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR;
    if (!is_address || !info)
        return std::nullopt;
    const Attributes attributes{message, sizeof(ifaddrmsg)};
    const auto peer = attributes.address(IFA_ADDRESS);
    const auto local = attributes.address(IFA_LOCAL);
    const auto address = local ? local : peer;

    if (!address)
        return std::nullopt;
    return AddressTable::value_type{{.ifindex = info->ifa_index,
                                     .address = *address,
                                     .peer = peer.value_or(*address),
                                     .prefix_length = info->ifa_prefixlen},
                                    attributes.u32(IFA_FLAGS).value_or(info->ifa_flags)};
}

Result<AddressTable> observe_addresses(Netlink& netlink)
{
    Message request{RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}};
    auto found = netlink.collect(request, parse_local_address, "list the addresses");
    if (!found)
        return fail(found.error());
    return AddressTable{found->begin(), found->end()};
}

Result<LocalAddresses> observe_local_addresses(Netlink& netlink, const LinkIndex& links)
{
    const auto found = observe_addresses(netlink);
    if (!found)
        return fail(found.error());

    LocalAddresses addresses;
    for (const auto& [local, flags] : *found) {
        const auto link = links.find(local.ifindex);
        if (link != links.end())
            addresses.try_emplace(local.address, link->second.name);
    }
    return addresses;
}

} // namespace vpcd
