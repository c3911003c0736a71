#include "kernel/underlay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace vpcd {

namespace {

// How the kernel refuses a look-up: no route, `unreachable`, `blackhole` and `prohibit` routes.
bool is_no_route(const Error& error)
{
    constexpr std::array codes{ENETUNREACH, EHOSTUNREACH, EINVAL, EACCES, ENETDOWN, EADDRNOTAVAIL};
    return std::ranges::find(codes, error.code()) != codes.end();
}

Message ask(const Address& destination)
{
    rtmsg header{};
    header.rtm_family = static_cast<std::uint8_t>(family_of(destination));
    header.rtm_dst_len = destination.is_v4() ? 32 : 128;
    Message request{RTM_GETROUTE, 0, header};
    request.put_address(RTA_DST, destination);
    return request;
}

std::string doing(const Address& destination)
{
    return fmt::format("look up the route to {}", to_string(destination));
}

} // namespace

std::optional<RouteAnswer> parse_route(const nlmsghdr* message)
{
    const auto* header = fixed_header<rtmsg>(message);
    if (message->nlmsg_type != RTM_NEWROUTE || !header)
        return std::nullopt;
    const Attributes attributes{message, sizeof(rtmsg)};

    RouteAnswer answer;
    answer.is_unicast = header->rtm_type == RTN_UNICAST;
    answer.ifindex = attributes.u32(RTA_OIF).value_or(0);
    answer.source = attributes.address(RTA_PREFSRC);
    answer.gateway = attributes.address(RTA_GATEWAY);
    if (!answer.gateway)
        answer.gateway = attributes.via(RTA_VIA);
    if (const auto metrics = attributes.nested(RTA_METRICS))
        answer.mtu = metrics->u32(RTAX_MTU).value_or(0);
    return answer;
}

std::optional<Prefix> parse_route_prefix(const nlmsghdr* message)
{
    const auto* header = fixed_header<rtmsg>(message);
    const bool is_route = message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE;
    if (!is_route || !header || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
        return std::nullopt;
    const auto any = header->rtm_family == AF_INET ? Address::v4(0) : Address{};
    const auto destination = Attributes{message, sizeof(rtmsg)}.address(RTA_DST);
    return Prefix::of(destination.value_or(any), header->rtm_dst_len);
}

Result<std::optional<RouteAnswer>> ask_route(Netlink& netlink, const Address& destination)
{
    auto answers = ask_routes(netlink, {destination});
    if (!answers.errors.empty())
        return fail(std::move(answers.errors.front()));
    return answers.by_destination.at(destination);
}

RouteAnswers ask_routes(Netlink& netlink, const std::set<Address>& destinations)
{
    const std::vector<Address> asked{destinations.begin(), destinations.end()};
    std::vector<Message> requests;
    requests.reserve(asked.size());
    for (const auto& destination : asked)
        requests.push_back(ask(destination));

    RouteAnswers answers;
    auto errors = netlink.exchange_all(
        requests,
        [&](std::size_t i, const nlmsghdr* answer) {
            answers.by_destination.insert_or_assign(asked[i], parse_route(answer));
        },
        [&](std::size_t i) { return doing(asked[i]); });
    for (auto& [i, error] : errors) {
        if (is_no_route(error))
            answers.by_destination.emplace(asked[i], std::nullopt);
        else
            answers.errors.push_back(std::move(error));
    }
    return answers;
}

std::optional<UnderlayPath> make_path(const Address& vtep, const RouteAnswer& route, const LinkIndex& links,
                                      const NeighbourTable& neighbours)
{
    const auto link = links.find(route.ifindex);
    if (!route.is_unicast || link == links.end() || link->second.is_loopback)
        return std::nullopt;

    UnderlayPath path;
    path.ifindex = route.ifindex;
    path.source = route.source.value_or(Address{});
    path.gateway = route.gateway;
    path.mtu = route.mtu != 0 ? route.mtu : link->second.mtu;
    path.source_mac = link->second.mac;
    if (const auto neighbour = neighbours.find(next_hop(vtep, path)); neighbour != neighbours.end())
        path.destination_mac = neighbour->second.mac;
    return path;
}

NeighbourKey next_hop(const Address& vtep, const UnderlayPath& path)
{
    return {path.ifindex, path.gateway.value_or(vtep)};
}

Result<std::optional<UnderlayPath>> observe_path(Netlink& netlink, const Address& vtep, const LinkIndex& links,
                                                 const NeighbourTable& neighbours)
{
    const auto route = ask_route(netlink, vtep);
    if (!route)
        return fail(route.error());
    if (!*route)
        return std::nullopt;
    return make_path(vtep, **route, links, neighbours);
}

Result<std::optional<UnderlayPath>> observe_path(Netlink& netlink, const Address& vtep)
{
    const auto links = observe_links(netlink);
    if (!links)
        return fail(links.error());
    const auto neighbours = observe_neighbours(netlink);
    if (!neighbours)
        return fail(neighbours.error());
    return observe_path(netlink, vtep, index_links(*links), *neighbours);
}

} // namespace vpcd
