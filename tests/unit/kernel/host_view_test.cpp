// Which notifications matter, and what they make stale.
#include "kernel/host_view.h"

#include <catch2/catch_test_macros.hpp>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "values.h"

using namespace vpcd;

namespace {

constexpr unsigned kUnderlay = 3;
constexpr unsigned kInstance = 4;
const auto kOnLink = *Address::parse("192.0.2.9");
const auto kBehindGateway = *Address::parse("198.51.100.9");
const auto kUnreachable = *Address::parse("203.0.113.9");
const auto kSixth = *Address::parse("2001:db8::9");
const auto kGateway = *Address::parse("192.0.2.254");
const std::set kAll{kOnLink, kBehindGateway, kUnreachable, kSixth};

ObservedLink link(unsigned ifindex, const char* name, bool is_running = true)
{
    return {.link = {.ifindex = ifindex, .name = name, .kind = "", .mac = {}, .mtu = 1500, .is_up = true},
            .reach = {.mtu = 1500, .is_up = true, .is_running = is_running}};
}

// A host that has been observed, with nothing left to ask.
HostView known_host()
{
    HostView view;
    view.observe(kAll);
    view.set_everything({link(kUnderlay, "eth0"), link(kInstance, "tap0")},
                        {{{.ifindex = kUnderlay, .address = ip("192.0.2.1")}, 0}}, {});
    const RouteAnswer on_link{.is_unicast = true, .ifindex = kUnderlay, .source = ip("192.0.2.1")};
    auto by_gateway = on_link;
    by_gateway.gateway = kGateway;
    view.set_route(kOnLink, on_link);
    view.set_route(kBehindGateway, by_gateway);
    view.set_route(kUnreachable, std::nullopt);
    view.set_route(kSixth, on_link);
    view.derive();
    view.take_changes();
    return view;
}

Message neighbour(unsigned ifindex, const Address& address, std::uint16_t state, const char* lladdr,
                  int type = RTM_NEWNEIGH)
{
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = static_cast<int>(ifindex);
    header.ndm_state = state;
    Message message{type, 0, header};
    message.put_address(NDA_DST, address).put(NDA_LLADDR, mac_of(lladdr).bytes().data(), 6);
    return message;
}

Message route(int family, const char* destination, unsigned char length)
{
    rtmsg header{};
    header.rtm_family = static_cast<unsigned char>(family);
    header.rtm_dst_len = length;
    Message message{RTM_DELROUTE, 0, header};
    if (length != 0)
        message.put_address(RTA_DST, ip(destination));
    return message;
}

Message address_message(int type, unsigned ifindex, const char* text)
{
    ifaddrmsg header{};
    header.ifa_family = static_cast<unsigned char>(family_of(ip(text)));
    header.ifa_index = ifindex;
    Message message{type, 0, header};
    message.put_address(IFA_ADDRESS, ip(text));
    return message;
}

} // namespace

TEST_CASE("a route that changes makes stale the endpoints it may lead to", "[kernel][view]")
{
    struct Row {
        const char* what;
        Message message;
        std::set<Address> stale;
    };
    Row rows[] = {
        {"host route", route(AF_INET, "192.0.2.9", 32), {kOnLink}},
        {"of a neighbouring address", route(AF_INET, "192.0.2.8", 32), {}},
        {"block", route(AF_INET, "198.51.100.0", 24), {kBehindGateway}},
        {"of elsewhere", route(AF_INET, "10.0.0.0", 8), {}},
        {"default", route(AF_INET, "", 0), {kOnLink, kBehindGateway, kUnreachable}},
        {"IPv6 default", route(AF_INET6, "", 0), {kSixth}},
        {"IPv6 multicast, as with each new device", route(AF_INET6, "ff00::", 8), {}},
        {"multicast forwarding", route(RTNL_FAMILY_IPMR, "", 0), {}},
        {"rule", Message{RTM_NEWRULE, 0, rtmsg{}}, kAll},
        {"next hop object", Message{RTM_DELNEXTHOP, 0, rtmsg{}}, kAll},
        {"something else", Message{RTM_NEWQDISC, 0, rtmsg{}}, {}},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        auto view = known_host();
        CHECK(view.take(row.message.header()) == !row.stale.empty());
        CHECK(view.stale_routes() == row.stale);
    }
}

TEST_CASE("an address that comes or goes may change what is sent from", "[kernel][view]")
{
    auto view = known_host();
    const std::set v4{kOnLink, kBehindGateway, kUnreachable};

    CHECK(view.take(address_message(RTM_NEWADDR, kUnderlay, "192.0.2.60").header()));
    CHECK(view.stale_routes() == v4);
    CHECK(view.facts().local_addresses.at(ip("192.0.2.60")) == "eth0");
    CHECK_FALSE(view.take(address_message(RTM_NEWADDR, kUnderlay, "192.0.2.60").header())); // its lease is renewed

    auto with_instance = known_host();
    CHECK(with_instance.take(address_message(RTM_NEWADDR, kInstance, "fe80::4").header()));
    CHECK(with_instance.stale_routes().empty());
}

TEST_CASE("a device that changes concerns the routes that could lead through it", "[kernel][view]")
{
    struct Row {
        const char* what;
        unsigned ifindex;
        std::optional<ObservedLink> now;
        bool is_fact; // facts tell of it; a carrier they do not
        std::set<Address> stale;
    };
    auto other_mac = link(kUnderlay, "eth0");
    other_mac.link.mac = mac_of("02:00:00:00:00:33");
    const Row rows[] = {
        {"the underlay loses its carrier", kUnderlay, link(kUnderlay, "eth0", false), false, kAll},
        {"the underlay is gone", kUnderlay, std::nullopt, true, kAll},
        {"the underlay has another MAC", kUnderlay, other_mac, true, {}},
        {"an instance's device loses its carrier", kInstance, link(kInstance, "tap0", false), false, {kUnreachable}},
        {"a new device", 9, link(9, "tap9"), true, {kUnreachable}},
        {"an instance's device is renamed", kInstance, link(kInstance, "tap1"), true, {}},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        auto view = known_host();
        view.set_link(row.ifindex, row.now);
        view.derive();
        CHECK(view.stale_routes() == row.stale);
        CHECK(view.has_changes() == row.is_fact);
    }
}

TEST_CASE("a device's message makes it stale, and the other end of a pair", "[kernel][view]")
{
    auto view = known_host();
    ifinfomsg header{};
    header.ifi_index = kInstance;
    Message message{RTM_DELLINK, 0, header};
    message.put_u32(IFLA_LINK, 17);

    CHECK(view.take(message.header()));

    CHECK(view.stale_links() == std::set{kInstance, 17u});
}

TEST_CASE("a neighbour's state machine is no news as long as the MAC stays", "[kernel][view]")
{
    auto view = known_host();
    const auto is_news = [&](std::uint16_t state, const char* lladdr, int type = RTM_NEWNEIGH) {
        return view.take(neighbour(kUnderlay, kOnLink, state, lladdr, type).header());
    };

    CHECK(is_news(NUD_REACHABLE, "02:00:00:00:00:01"));
    CHECK_FALSE(is_news(NUD_STALE, "02:00:00:00:00:01"));
    CHECK_FALSE(is_news(NUD_PROBE, "02:00:00:00:00:01"));
    CHECK(is_news(NUD_REACHABLE, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_FAILED, "02:00:00:00:00:02"));
    CHECK_FALSE(is_news(NUD_INCOMPLETE, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_PERMANENT, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_FAILED, "02:00:00:00:00:02", RTM_DELNEIGH));
    CHECK_FALSE(is_news(NUD_FAILED, "02:00:00:00:00:02", RTM_DELNEIGH));
}

TEST_CASE("a next hop's MAC changes the paths through it, and no other", "[kernel][view]")
{
    auto view = known_host();

    CHECK(view.take(neighbour(kUnderlay, kGateway, NUD_REACHABLE, "02:00:00:00:00:fe").header()));
    view.derive();
    CHECK(view.take_changes() == FactChanges{.links = {}, .paths = {kBehindGateway}});
    CHECK(view.facts().paths.at(kBehindGateway).destination_mac == mac_of("02:00:00:00:00:fe"));

    CHECK_FALSE(view.take(neighbour(kInstance, kGateway, NUD_REACHABLE, "02:00:00:00:00:01").header()));
    CHECK_FALSE(view.take(neighbour(kUnderlay, ip("192.0.2.77"), NUD_REACHABLE, "02:00:00:00:00:01").header()));
    CHECK_FALSE(view.has_changes());
}

TEST_CASE("a next hop is needed as long as one peer behind it is", "[kernel][view]")
{
    auto view = known_host();
    const NeighbourKey hop{kUnderlay, kGateway};
    const NeighbourKey direct{kUnderlay, kOnLink};
    const Neighbour ours{.mac = std::nullopt, .is_managed = true, .is_external = true, .protocol = kRouteProtocol};

    view.keep({kOnLink, kBehindGateway});
    view.derive();
    CHECK(view.neighbour_changes() == NeighbourChanges{.keep = {direct, hop}, .release = {}});

    view.set_neighbour(hop, ours);
    view.set_neighbour(direct, ours);
    CHECK(view.neighbour_changes().empty());

    view.keep({kOnLink});
    view.derive();
    CHECK(view.neighbour_changes() == NeighbourChanges{.keep = {}, .release = {hop}});
    view.set_neighbour(hop, std::nullopt);
    CHECK(view.neighbour_changes().empty());
}

TEST_CASE("the same endpoints again leave nothing to ask; new ones are asked for alone", "[kernel][view]")
{
    auto view = known_host();
    view.observe(kAll);
    CHECK(view.stale_routes().empty());

    auto more = kAll;
    more.insert(ip("192.0.2.10"));
    view.observe(more);
    CHECK(view.stale_routes() == std::set{ip("192.0.2.10")});

    view.observe({kOnLink});
    CHECK(view.stale_routes().empty());
    CHECK(view.facts().paths.size() == 1);
    CHECK(view.take_changes().paths == std::set{kBehindGateway, kSixth});
}
