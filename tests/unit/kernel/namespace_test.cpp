// The message families against a real kernel: devices, addresses, paths, neighbours, the tunnel device.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "kernel/addresses.h"
#include "kernel/links.h"
#include "kernel/neighbours.h"
#include "kernel/tunnel_device.h"
#include "kernel/underlay.h"
#include "network_namespace.h"
#include "values.h"

using namespace vpcd;

namespace {

Netlink open_netlink()
{
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    return std::move(*netlink);
}

unsigned ifindex_of(Netlink& netlink, const char* name)
{
    const auto links = observe_links(netlink);
    REQUIRE(links);
    REQUIRE(links->contains(name));
    return links->at(name).ifindex;
}

std::optional<Neighbour> neighbour(Netlink& netlink, unsigned ifindex, const char* address)
{
    const auto table = observe_neighbours(netlink);
    REQUIRE(table);
    const auto found = table->find({ifindex, ip(address)});
    return found == table->end() ? std::nullopt : std::optional{found->second};
}

// One neighbour, as it is done for many: read, compared, written.
std::vector<Error> hold(Netlink& netlink, const NeighbourKey& key, bool is_needed)
{
    const auto observed = observe_neighbours(netlink, {key});
    REQUIRE(observed);
    return apply_neighbours(netlink,
                            diff_neighbours(is_needed ? std::set{key} : std::set<NeighbourKey>{}, *observed));
}

std::optional<TunnelDevice> tunnel_device(Netlink& netlink, const std::string& name)
{
    const auto device = observe_tunnel_device(netlink, name);
    REQUIRE(device);
    return *device;
}

} // namespace

TEST_CASE("devices and addresses are observed", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    ip_command("tuntap add dev tap0 mode tap");
    ip_command("link add here0 type veth peer name here1");

    const auto links = observe_links(netlink);
    REQUIRE(links);
    const auto addresses = observe_local_addresses(netlink, index_links(*links));

    CHECK(links->at("lo").is_loopback);
    CHECK(links->at("tap0").kind == "tun");
    CHECK_FALSE(links->at("tap0").is_up);
    CHECK(links->at("eth0").kind == "veth");
    CHECK_FALSE(links->at("eth0").is_peer_here); // it is the other host's
    CHECK(links->at("here0").is_peer_here);
    CHECK_FALSE(links->at("tap0").is_peer_here);
    CHECK(links->at("eth0").is_up);
    CHECK(links->at("eth0").mtu == 1400);
    CHECK(links->at("eth0").mac == mac_of("02:00:00:00:00:01"));
    REQUIRE(addresses);
    CHECK(addresses->at(ip("192.0.2.1")) == "eth0");
    CHECK(addresses->at(ip("2001:db8::1")) == "eth0");
    CHECK(addresses->at(ip("127.0.0.1")) == "lo");
    CHECK_FALSE(addresses->contains(ip("192.0.2.2")));
}

TEST_CASE("a path is found as the kernel would go", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    ip_command("route add 198.51.100.0/24 via 192.0.2.254 mtu 1280");
    ip_command("route add 198.51.101.0/24 via inet6 2001:db8::2");
    ip_command("route add blackhole 203.0.113.1/32");
    ip_command("route add unreachable 203.0.113.2/32");
    ip_command("route add prohibit 203.0.113.3/32");
    ip_command("route add 2001:db8:1::/64 via 2001:db8::2");
    ip_command("route add blackhole 2001:db8:bad::/64");
    ip_command("neighbour add 192.0.2.254 lladdr 02:00:00:00:00:fe dev eth0");

    const auto path = [&](const char* vtep) {
        const auto found = observe_path(netlink, ip(vtep));
        INFO(vtep);
        REQUIRE(found);
        return *found;
    };
    const UnderlayPath on_link{.ifindex = ifindex_of(netlink, "eth0"),
                               .source = ip("192.0.2.1"),
                               .gateway = std::nullopt,
                               .mtu = 1400,
                               .source_mac = mac_of("02:00:00:00:00:01"),
                               .destination_mac = std::nullopt};
    CHECK(path("192.0.2.2") == on_link);

    auto by_gateway = on_link;
    by_gateway.gateway = ip("192.0.2.254");
    by_gateway.mtu = 1280;
    by_gateway.destination_mac = mac_of("02:00:00:00:00:fe");
    CHECK(path("198.51.100.7") == by_gateway);

    CHECK(path("198.51.101.7")->gateway == ip("2001:db8::2"));
    CHECK(path("2001:db8:1::7")->gateway == ip("2001:db8::2"));
    CHECK(path("2001:db8:1::7")->source == ip("2001:db8::1"));
    CHECK(path("2001:db8:1::7")->mtu == 1400);

    for (const auto* nowhere : {"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.9", "2001:db8:bad::1",
                                "2001:db9::1", "192.0.2.1", "127.0.0.1", "2001:db8::1"}) {
        INFO(nowhere);
        CHECK_FALSE(path(nowhere));
    }
}

TEST_CASE("a neighbour is kept and released; keeping it twice is once", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    const auto eth0 = ifindex_of(netlink, "eth0");

    for (const auto* address : {"192.0.2.2", "2001:db8::2", "192.0.2.77"}) {
        INFO(address);
        REQUIRE(hold(netlink, {eth0, ip(address)}, true).empty());
        REQUIRE(hold(netlink, {eth0, ip(address)}, true).empty());
        REQUIRE(neighbour(netlink, eth0, address));
        CHECK(is_ours(*neighbour(netlink, eth0, address)));
    }
    CHECK(observe_kept_neighbours(netlink)->size() == 3);

    REQUIRE(hold(netlink, {eth0, ip("192.0.2.2")}, false).empty());
    REQUIRE(hold(netlink, {eth0, ip("192.0.2.2")}, false).empty());
    CHECK_FALSE(observe_kept_neighbours(netlink)->contains({eth0, ip("192.0.2.2")}));
    CHECK(observe_kept_neighbours(netlink)->size() == 2);
}

TEST_CASE("a neighbour the kernel learned is taken over with its MAC", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    const auto eth0 = ifindex_of(netlink, "eth0");
    ip_command("neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 nud reachable dev eth0");

    REQUIRE(hold(netlink, {eth0, ip("192.0.2.2")}, true).empty());

    const auto kept = neighbour(netlink, eth0, "192.0.2.2");
    REQUIRE(kept);
    CHECK(is_ours(*kept));
    CHECK(kept->mac == mac_of("02:00:00:00:00:02"));
}

TEST_CASE("neighbours of others survive", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    const auto eth0 = ifindex_of(netlink, "eth0");
    ip_command("neighbour add 192.0.2.2 lladdr 02:00:00:00:00:99 nud permanent dev eth0");
    ip_command("neighbour add 192.0.2.3 lladdr 02:00:00:00:00:98 nud reachable protocol zebra dev eth0");
    const auto permanent = neighbour(netlink, eth0, "192.0.2.2");
    const auto routing_daemon = neighbour(netlink, eth0, "192.0.2.3");
    REQUIRE(permanent);
    REQUIRE(routing_daemon);

    for (const auto* address : {"192.0.2.2", "192.0.2.3"}) {
        REQUIRE(hold(netlink, {eth0, ip(address)}, true).empty());
        REQUIRE(hold(netlink, {eth0, ip(address)}, false).empty());
    }

    CHECK(neighbour(netlink, eth0, "192.0.2.2") == permanent);
    CHECK(neighbour(netlink, eth0, "192.0.2.3") == routing_daemon);
}

TEST_CASE("a kept neighbour that an administrator makes permanent is his", "[kernel][namespace]")
{
    const TwoHosts hosts;
    auto netlink = open_netlink();
    const auto eth0 = ifindex_of(netlink, "eth0");
    REQUIRE(hold(netlink, {eth0, ip("192.0.2.2")}, true).empty());
    ip_command("neighbour replace 192.0.2.2 lladdr 02:00:00:00:00:99 nud permanent dev eth0");

    REQUIRE(hold(netlink, {eth0, ip("192.0.2.2")}, false).empty());

    REQUIRE(neighbour(netlink, eth0, "192.0.2.2"));
    CHECK(neighbour(netlink, eth0, "192.0.2.2")->mac == mac_of("02:00:00:00:00:99"));
}

TEST_CASE("the kernel's refusal is told with what was being done", "[kernel][namespace]")
{
    const NetworkNamespace alone;
    auto netlink = open_netlink();

    const auto errors = hold(netlink, {99, ip("192.0.2.2")}, true);

    REQUIRE(errors.size() == 1);
    CHECK(errors.front().source() == ErrorSource::Netlink);
    CHECK(errors.front().code() == ENODEV);
    CHECK(errors.front().text().find("neighbour 192.0.2.2 on device 99: No such device") != std::string::npos);
}

TEST_CASE("the tunnel device is made once, repaired, and removed", "[kernel][namespace]")
{
    const NetworkNamespace alone;
    auto netlink = open_netlink();
    const std::string name = "vpcd-test";

    const auto made = ensure_tunnel_device(netlink, name, 4789);
    REQUIRE(made);
    CHECK(tunnel_device(netlink, name) == TunnelDevice{.ifindex = *made,
                                                       .kind = "vxlan",
                                                       .alias = "vpcd",
                                                       .group = kOwnDeviceGroup,
                                                       .port = 4789,
                                                       .has_metadata = true,
                                                       .has_learning = false,
                                                       .accepts_zero_checksum_6 = true,
                                                       .is_up = true});

    SECTION("known again by an agent that follows one which ended before it had set the alias")
    {
        ip_command("link set " + name + " down alias ''");
        CHECK(ensure_tunnel_device(netlink, name, 4789) == *made);
        CHECK(tunnel_device(netlink, name)->alias == "vpcd");
        CHECK(tunnel_device(netlink, name)->is_up);
    }
    SECTION("left alone when equal")
    {
        CHECK(ensure_tunnel_device(netlink, name, 4789) == *made);
    }
    SECTION("set up again")
    {
        ip_command("link set " + name + " down");
        CHECK(ensure_tunnel_device(netlink, name, 4789) == *made);
    }
    SECTION("made again with another port")
    {
        const auto again = ensure_tunnel_device(netlink, name, 8472);
        REQUIRE(again);
        CHECK(*again != *made);
        CHECK(tunnel_device(netlink, name)->port == 8472);
    }
    SECTION("made again when removed")
    {
        ip_command("link delete " + name);
        CHECK(ensure_tunnel_device(netlink, name, 4789));
    }
    CHECK(tunnel_device(netlink, name)->is_up);
    REQUIRE(remove_own_device(netlink, name));
    REQUIRE(remove_own_device(netlink, name));
    CHECK_FALSE(tunnel_device(netlink, name));
}

TEST_CASE("a device of that name that is not ours stays, and is an error", "[kernel][namespace]")
{
    const NetworkNamespace alone;
    auto netlink = open_netlink();
    ip_command("link add vpcd-test type vxlan external dstport 4789");
    const auto before = tunnel_device(netlink, "vpcd-test");
    REQUIRE(before);

    const auto made = ensure_tunnel_device(netlink, "vpcd-test", 4789);
    const auto removed = remove_own_device(netlink, "vpcd-test");

    CHECK_FALSE(made);
    CHECK(removed);
    CHECK(tunnel_device(netlink, "vpcd-test") == before);
}
