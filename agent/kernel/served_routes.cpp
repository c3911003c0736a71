#include "kernel/served_routes.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace vpcd {

namespace {

constexpr std::uint32_t kMetric = 0x7670; // an administrator's route of a smaller one wins

rtmsg header_of_ours(std::uint8_t type)
{
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = kRouteProtocol;
    header.rtm_type = type;
    return header;
}

Message about(int type, int flags, const Address& address)
{
    rtmsg header = header_of_ours(RTN_UNREACHABLE);
    header.rtm_dst_len = 32;
    Message message{type, flags | NLM_F_ACK, header};
    message.put_address(RTA_DST, address).put_u32(RTA_PRIORITY, kMetric);
    return message;
}

std::vector<Address> without(const std::set<Address>& from, const std::set<Address>& these)
{
    std::vector<Address> left;
    for (const auto& address : from)
        if (!these.contains(address))
            left.push_back(address);
    return left;
}

} // namespace

std::optional<Address> parse_served_route(const nlmsghdr* message)
{
    const auto* header = fixed_header<rtmsg>(message);
    const bool is_route = message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE;
    if (!is_route || !header || header->rtm_family != AF_INET || header->rtm_protocol != kRouteProtocol ||
        header->rtm_type != RTN_UNREACHABLE || header->rtm_table != RT_TABLE_MAIN || header->rtm_dst_len != 32)
        return std::nullopt;
    const Attributes attributes{message, sizeof(rtmsg)};
    return attributes.u32(RTA_PRIORITY) == kMetric ? attributes.address(RTA_DST) : std::nullopt;
}

// By a socket whose lists the kernel filters: a host may have all routes of the Internet.
Result<std::set<Address>> observe_served_routes()
{
    auto netlink = Netlink::open();
    if (!netlink)
        return fail(netlink.error());
    netlink->let_kernel_filter();
    Message request{RTM_GETROUTE, NLM_F_DUMP, header_of_ours(RTN_UNREACHABLE)};
    const auto found = netlink->collect(request, parse_served_route, "list the routes of public addresses");
    if (!found)
        return fail(found.error());
    return std::set<Address>{found->begin(), found->end()};
}

std::vector<Error> apply_served_routes(Netlink& netlink, const std::set<Address>& wanted,
                                       const std::set<Address>& observed)
{
    const auto added = without(wanted, observed);
    const auto removed = without(observed, wanted);
    std::vector<Message> requests;
    requests.reserve(added.size() + removed.size());
    for (const auto& address : added)
        requests.push_back(about(RTM_NEWROUTE, NLM_F_CREATE, address));
    for (const auto& address : removed)
        requests.push_back(about(RTM_DELROUTE, 0, address));

    const auto refused = netlink.exchange_all(
        requests, [](std::size_t, const nlmsghdr*) {},
        [&](std::size_t i) {
            const bool is_new = i < added.size();
            return fmt::format("{} the route of public address {}", is_new ? "add" : "remove",
                               to_string(is_new ? added[i] : removed[i - added.size()]));
        });
    std::vector<Error> errors;
    for (const auto& [i, error] : refused)
        if (error.code() != (i < added.size() ? EEXIST : ESRCH)) // it is as it should be
            errors.push_back(error);
    return errors;
}

} // namespace vpcd
