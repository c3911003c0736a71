// What the kernel's messages become: devices, addresses, routes, the tunnel device.
#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/addresses.h"
#include "kernel/links.h"
#include "kernel/tunnel_device.h"
#include "kernel/underlay.h"
#include "values.h"

using namespace vpcd;

namespace {

Message link_message(int ifindex, const char* name, const char* kind, unsigned flags)
{
    ifinfomsg header{};
    header.ifi_index = ifindex;
    header.ifi_flags = flags;
    Message message{RTM_NEWLINK, 0, header};
    message.put_string(IFLA_IFNAME, name).put_u32(IFLA_MTU, 1400);
    message.put(IFLA_ADDRESS, mac_of("02:00:00:00:00:01").bytes().data(), 6);
    if (kind)
        message.put_nested(IFLA_LINKINFO, [&](Message& info) { info.put_string(IFLA_INFO_KIND, kind); });
    return message;
}

Message route_message(std::uint8_t type)
{
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_type = type;
    Message message{RTM_NEWROUTE, 0, header};
    message.put_u32(RTA_OIF, 3).put_address(RTA_PREFSRC, ip("192.0.2.1"));
    return message;
}

const LinkIndex kLinks{
    {1, Link{.ifindex = 1, .name = "lo", .kind = "", .mac = {}, .mtu = 65536, .is_loopback = true}},
    {3, Link{.ifindex = 3, .name = "eth0", .kind = "", .mac = Mac{{2, 0, 0, 0, 0, 3}}, .mtu = 1500, .is_up = true}}};

} // namespace

TEST_CASE("a device is told with its kind, MAC, MTU and state", "[kernel][links]")
{
    const auto tap = link_message(7, "tap-web", "tun", IFF_UP | IFF_BROADCAST);

    const auto link = parse_link(tap.header());

    const Link expected{.ifindex = 7,
                        .name = "tap-web",
                        .kind = "tun",
                        .mac = mac_of("02:00:00:00:00:01"),
                        .mtu = 1400,
                        .is_up = true};
    CHECK(link == expected);
}

TEST_CASE("a device without a kind is a real one; a loopback is known", "[kernel][links]")
{
    CHECK(parse_link(link_message(2, "eth0", nullptr, 0).header())->kind.empty());
    CHECK_FALSE(parse_link(link_message(2, "eth0", nullptr, 0).header())->is_up);
    CHECK(parse_link(link_message(1, "lo", nullptr, IFF_LOOPBACK).header())->is_loopback);
}

TEST_CASE("a message about a bridge's port is not about a device", "[kernel][links]")
{
    ifinfomsg header{};
    header.ifi_family = AF_BRIDGE;
    header.ifi_index = 2;

    CHECK_FALSE(parse_link(Message{RTM_NEWLINK, 0, header}.header()));
}

TEST_CASE("a local address is this end of a point-to-point pair", "[kernel][addresses]")
{
    ifaddrmsg header{};
    header.ifa_family = AF_INET;
    header.ifa_index = 3;
    Message message{RTM_NEWADDR, 0, header};
    message.put_address(IFA_ADDRESS, ip("192.0.2.2"));
    CHECK(parse_local_address(message.header())->first ==
          LocalAddress{.ifindex = 3, .address = ip("192.0.2.2"), .peer = ip("192.0.2.2")});

    message.put_address(IFA_LOCAL, ip("192.0.2.1"));
    CHECK(parse_local_address(message.header())->first ==
          LocalAddress{.ifindex = 3, .address = ip("192.0.2.1"), .peer = ip("192.0.2.2")});
}

TEST_CASE("a path takes the MTU of its route, else of its device", "[kernel][underlay]")
{
    const auto vtep = ip("192.0.2.9");
    auto plain = route_message(RTN_UNICAST);
    auto limited = route_message(RTN_UNICAST);
    limited.put_nested(RTA_METRICS, [](Message& metrics) { metrics.put_u32(RTAX_MTU, 1300); });

    CHECK(make_path(vtep, *parse_route(plain.header()), kLinks, {})->mtu == 1500);
    CHECK(make_path(vtep, *parse_route(limited.header()), kLinks, {})->mtu == 1300);
}

TEST_CASE("a path goes to the MAC of its gateway, else of the endpoint", "[kernel][underlay]")
{
    const auto vtep = ip("192.0.2.9");
    const NeighbourTable neighbours{
        {{3, vtep}, Neighbour{.mac = mac_of("02:00:00:00:00:09")}},
        {{3, ip("192.0.2.254")}, Neighbour{.mac = mac_of("02:00:00:00:00:fe")}},
        {{3, ip("fe80::1")}, Neighbour{.mac = mac_of("02:00:00:00:06:01")}},
        {{1, vtep}, Neighbour{.mac = mac_of("02:00:00:00:00:11")}}, // another device's
    };
    auto on_link = route_message(RTN_UNICAST);
    auto by_gateway = route_message(RTN_UNICAST);
    by_gateway.put_address(RTA_GATEWAY, ip("192.0.2.254"));
    auto by_other_family = route_message(RTN_UNICAST);
    const auto via = ip("fe80::1");
    std::array<std::uint8_t, 18> rtvia{AF_INET6, 0};
    std::copy(via.bytes().begin(), via.bytes().end(), rtvia.begin() + 2);
    by_other_family.put(RTA_VIA, rtvia.data(), rtvia.size());

    const auto path = [&](const Message& route) {
        return *make_path(vtep, *parse_route(route.header()), kLinks, neighbours);
    };
    CHECK(path(on_link).destination_mac == mac_of("02:00:00:00:00:09"));
    CHECK_FALSE(path(on_link).gateway);
    CHECK(path(on_link).source == ip("192.0.2.1"));
    CHECK(path(on_link).source_mac == kLinks.at(3).mac);
    CHECK(path(by_gateway).destination_mac == mac_of("02:00:00:00:00:fe"));
    CHECK(path(by_gateway).gateway == ip("192.0.2.254"));
    CHECK(path(by_other_family).destination_mac == mac_of("02:00:00:00:06:01"));
}

TEST_CASE("an unresolved next hop leaves the path without a destination MAC", "[kernel][underlay]")
{
    const auto vtep = ip("192.0.2.9");
    const auto route = route_message(RTN_UNICAST);

    CHECK_FALSE(make_path(vtep, *parse_route(route.header()), kLinks, {})->destination_mac);
    CHECK_FALSE(make_path(vtep, *parse_route(route.header()), kLinks, {{{3, vtep}, {}}})->destination_mac);
}

TEST_CASE("a route that does not lead out of this host is no path", "[kernel][underlay]")
{
    struct Row {
        const char* what;
        bool is_unicast;
        unsigned ifindex;
    };
    const Row rows[] = {
        {"blackhole, local or multicast", false, 3},
        {"through the loopback device", true, 1},
        {"through a device that vanished", true, 99},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK_FALSE(make_path(ip("192.0.2.9"), {.is_unicast = row.is_unicast, .ifindex = row.ifindex}, kLinks, {}));
    }
    CHECK_FALSE(parse_route(route_message(RTN_LOCAL).header())->is_unicast);
    CHECK_FALSE(parse_route(route_message(RTN_BLACKHOLE).header())->is_unicast);
}

TEST_CASE("the tunnel device is touched only as far as it differs", "[kernel][tunnel]")
{
    const TunnelDevice good{.ifindex = 5,
                            .kind = "vxlan",
                            .alias = "vpcd",
                            .port = 4789,
                            .has_metadata = true,
                            .accepts_zero_checksum_6 = true,
                            .is_up = true};
    const auto with = [&](auto change) {
        auto device = good;
        change(device);
        return device;
    };
    struct Row {
        const char* what;
        std::optional<TunnelDevice> observed;
        TunnelDeviceStep step;
    };
    const Row rows[] = {
        {"absent", std::nullopt, TunnelDeviceStep::Create},
        {"equal", good, TunnelDeviceStep::Nothing},
        {"down", with([](auto& d) { d.is_up = false; }), TunnelDeviceStep::SetUp},
        {"other port", with([](auto& d) { d.port = 8472; }), TunnelDeviceStep::Recreate},
        {"with one VNI", with([](auto& d) { d.has_metadata = false; }), TunnelDeviceStep::Recreate},
        {"learning", with([](auto& d) { d.has_learning = true; }), TunnelDeviceStep::Recreate},
        {"strict checksums", with([](auto& d) { d.accepts_zero_checksum_6 = false; }), TunnelDeviceStep::Recreate},
        {"other kind, ours", with([](auto& d) { d.kind = "veth"; }), TunnelDeviceStep::Recreate},
        {"just made, no alias yet", with([](auto& d) { d.alias = "", d.group = kOwnDeviceGroup; }),
         TunnelDeviceStep::SetUp},
        {"our group, somebody's alias", with([](auto& d) { d.alias = "x", d.group = kOwnDeviceGroup; }),
         TunnelDeviceStep::Refuse},
        {"equal, not ours", with([](auto& d) { d.alias = ""; }), TunnelDeviceStep::Refuse},
        {"different, not ours", with([](auto& d) { d.alias = "x", d.port = 1; }), TunnelDeviceStep::Refuse},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(diff_tunnel_device(4789, row.observed) == row.step);
    }
}
