#include "kernel/served_routes.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <netlink/errno.h>

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

// `settled`: the refusal that says it is as it should be.
std::vector<Error> change(Netlink& netlink, const std::vector<Address>& addresses, int type, int flags,
                          std::string_view verb, int settled)
{
    std::vector<Message> requests;
    requests.reserve(addresses.size());
    for (const auto& address : addresses)
        requests.push_back(about(type, flags, address));
    const auto refused = netlink.exchange_all(
        requests, [](std::size_t, const nlmsghdr*) {},
        [&](std::size_t i) {
            return fmt::format("{} the route of public address {}", verb, to_string(addresses[i]));
        });
    std::vector<Error> errors;
    for (const auto& [i, error] : refused)
        if (error.code() != settled)
            errors.push_back(error);
    return errors;
}

// A namespace without an IPv4 address has no main table yet.
bool is_no_table(const Error& error)
{
    return error.code() == ENOENT || error.code() == -NLE_OBJ_NOTFOUND;
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
    if (!found && is_no_table(found.error()))
        return std::set<Address>{};
    if (!found)
        return fail(found.error());
    return std::set<Address>{found->begin(), found->end()};
}

std::vector<Error> add_served_routes(Netlink& netlink, const std::vector<Address>& addresses)
{
    return change(netlink, addresses, RTM_NEWROUTE, NLM_F_CREATE, "add", EEXIST);
}

std::vector<Error> remove_served_routes(Netlink& netlink, const std::vector<Address>& addresses)
{
    return change(netlink, addresses, RTM_DELROUTE, 0, "remove", ESRCH);
}

} // namespace vpcd
