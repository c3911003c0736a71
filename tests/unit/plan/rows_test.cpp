// What each resource becomes in the kernel's tables.
#include <algorithm>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>

#include "plan/planned.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

TEST_CASE("every other host is believed, and known completely if it is a peer")
{
    World world = network();
    auto& far = world.facts.paths[address("192.0.2.2")];
    far.gateway = address("192.0.2.254");
    far.mtu = 9000;
    world.change<Host>("node-b", [](Host& host) { host.encapsulation = Encapsulation::Geneve; });
    world.plan();
    const auto& tables = world.planner.tables();

    REQUIRE(tables.vteps.size() == 2);
    REQUIRE(tables.hosts.size() == 2);
    const auto* peer = find_row(tables.vteps, {.address = address("192.0.2.2").abi()});
    REQUIRE(peer);
    const auto& row = tables.hosts.at(peer->host);
    CHECK(world.planner.host_name(peer->host) == "node-b");
    CHECK(Address::from_abi(row.address) == address("192.0.2.2"));
    CHECK(Address::from_abi(row.source) == address("192.0.2.1"));
    CHECK(row.ifindex == 2);
    CHECK(row.mtu == 9000);
    CHECK(row.encapsulation == ENCAPSULATION_GENEVE);
    CHECK(row.flags == (HOST_REACHABLE | HOST_RESOLVED));
    CHECK(Mac::from_abi(row.destination_mac) == mac(0xb));
    CHECK(Mac::from_abi(row.source_mac) == mac(2));
    CHECK(row.gateway == htonl(0xc00002fe));

    const auto* stranger = find_row(tables.vteps, {.address = address("192.0.2.3").abi()});
    REQUIRE(stranger);
    CHECK(tables.hosts.at(stranger->host).flags == 0);
    CHECK(tables.hosts.at(stranger->host).ifindex == 0);
    CHECK(world.planner.peers() == std::set{address("192.0.2.2")});
}

TEST_CASE("this host's document becomes the settings, and its events are left alone")
{
    World world = network({.host = "node-a", .xdp_redirect = true});
    world.facts.links[std::string{kTunnelDevice}] = link(77, std::string{kTunnelDevice}, "vxlan");
    world.plan();

    REQUIRE(world.planner.tables().settings.size() == 1);
    const auto& row = world.planner.tables().settings.at(0);
    CHECK(Address::from_abi(row.vtep) == address("192.0.2.1"));
    CHECK(row.encapsulation == ENCAPSULATION_VXLAN);
    CHECK(row.tunnel_ifindex == 77);
    CHECK(row.xdp_redirect == 1);
    CHECK(row.events == 0);

    world.facts.links.erase(std::string{kTunnelDevice});
    CHECK(summary(world.planner.facts_changed(world.model, world.facts).changes) == "settings 1");
    CHECK(world.planner.tables().settings.at(0).tunnel_ifindex == 0);
}

TEST_CASE("a subnet has a row with its gateway and its table, and the gateway is the virtual router")
{
    World world = planned_network();
    const auto& tables = world.planner.tables();

    const auto* web = find_row(tables.subnets, {.vpc = 100, .subnet = fnv1a("web")});
    REQUIRE(web);
    CHECK(Address::from_abi(web->gateway) == address("10.0.1.253"));
    CHECK(web->route_table == fnv1a("main"));
    const auto* gateway = world.endpoint(100, "10.0.1.253");
    REQUIRE(gateway);
    CHECK(gateway->next_hop == 0);
    CHECK(gateway->subnet == fnv1a("web"));
    CHECK(gateway->flags == ENDPOINT_ROUTER);
}

TEST_CASE("a local interface has its rows, with flags from its device")
{
    struct Row {
        const char* name;
        const char* kind;
        bool accepts_xdp_redirect;
        bool source_check;
        unsigned flags;
        bool is_peer_here = false;
    };
    const Row rows[] = {
        {"veth", "veth", false, true, INTERFACE_SOURCE_CHECK | INTERFACE_PEER},
        {"netkit", "netkit", false, true, INTERFACE_SOURCE_CHECK | INTERFACE_PEER},
        {"veth that takes XDP", "veth", true, true, INTERFACE_SOURCE_CHECK | INTERFACE_PEER | INTERFACE_XDP_TARGET},
        {"veth whose other end is here too", "veth", false, true, INTERFACE_SOURCE_CHECK, true},
        {"tap", "tun", false, true, INTERFACE_SOURCE_CHECK | INTERFACE_WHOLE_PACKETS},
        {"tap of a router", "tun", false, false, INTERFACE_WHOLE_PACKETS},
        {"anything else", "", false, false, 0},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = network();
        auto& device = world.facts.links["tap-web-1"];
        device.kind = row.kind;
        device.is_peer_here = row.is_peer_here;
        device.accepts_xdp_redirect = row.accepts_xdp_redirect;
        world.change<Interface>("web-1", [&](Interface& value) { value.source_check = row.source_check; });
        world.plan();

        const auto* local = world.local("web-1");
        REQUIRE(local);
        CHECK(local->vpc == 100);
        CHECK(local->subnet == fnv1a("web"));
        CHECK(local->generation == 1);
        CHECK(local->ifindex == 10);
        CHECK(local->next_hop == world.slot(100, "10.0.1.10"));
        CHECK(local->flags == row.flags);
        CHECK(Mac::from_abi(local->mac) == mac(0x0a00010a));
    }
}

TEST_CASE("a MAC and a device lead to the local interface")
{
    World world = planned_network();
    const auto& tables = world.planner.tables();
    const auto id = world.planner.local_interface("web-1")->id;

    CHECK(tables.stations.size() == 1);
    const auto* station = find_row(tables.stations, {.vpc = 100, .mac = mac(0x0a00010a).abi(), .pad = 0});
    REQUIRE(station);
    CHECK(station->next_hop == world.slot(100, "10.0.1.10"));
    CHECK(tables.devices.size() == 1);
    REQUIRE(find_row(tables.devices, {.ifindex = 10}));
    CHECK(find_row(tables.devices, {.ifindex = 10})->interface == id);
    CHECK(world.planner.interface_name(id) == "web-1");
}

TEST_CASE("every address of a VPC leads to a next hop: here, on another host, or nowhere")
{
    World world = network();
    world.change<Interface>("db-1", [](Interface& value) { value.secondary_addresses = {address("10.0.2.11")}; });
    world.put(interface("idle", "db", "10.0.2.12"));
    world.plan();

    const auto* here = world.next_hop(100, "10.0.1.10");
    REQUIRE(here);
    CHECK(here->host == 0);
    CHECK(here->interface == world.planner.local_interface("web-1")->id);
    CHECK(here->serial == 1);
    CHECK(here->vpc == 100);
    CHECK(Mac::from_abi(here->mac) == mac(0x0a00010a));
    for (const auto* remote : {"10.0.2.10", "10.0.2.11"}) {
        INFO(remote);
        REQUIRE(world.next_hop(100, remote));
        CHECK(world.planner.host_name(world.next_hop(100, remote)->host) == "node-b");
        CHECK(world.next_hop(100, remote)->interface == 0);
        CHECK(Mac::from_abi(world.next_hop(100, remote)->mac) == mac(0x0a00020a));
    }
    CHECK(world.slot(100, "10.0.2.10") != world.slot(100, "10.0.2.11"));
    const auto* nowhere = world.next_hop(100, "10.0.2.12");
    REQUIRE(nowhere);
    CHECK(nowhere->host == 0);
    CHECK(nowhere->interface == 0);
}

TEST_CASE("routes are keyed by VPC, table and prefix, and lead to what they name")
{
    World world = network();
    world.put(table("defaults", "blue", {via("0.0.0.0/0", "db-1"), blackhole("10.9.0.0/16")}, true));
    world.plan();

    struct Row {
        const char* name;
        const char* destination;
        unsigned prefix_len;
        ::route_kind kind;
        std::uint32_t next_hop;
    };
    const Row rows[] = {
        {"system", "10.0.2.0/24", 64 + 96 + 24, ROUTE_SUBNET, 0},
        {"services", "100.64.0.0/10", 64 + 96 + 10, ROUTE_SERVICE, 0},
        {"instance", "0.0.0.0/0", 64 + 96, ROUTE_INTERFACE, world.slot(100, "10.0.2.10")},
        {"blackhole", "10.9.0.0/16", 64 + 96 + 16, ROUTE_BLACKHOLE, 0},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const ::route_key key{.prefix_len = row.prefix_len,
                              .vpc = 100,
                              .table = fnv1a("main"),
                              .address = prefix(row.destination).address().abi()};
        const auto* found = find_row(world.planner.tables().routes, key);
        REQUIRE(found);
        CHECK(found->kind == row.kind);
        CHECK(found->next_hop == row.next_hop);
    }
}

TEST_CASE("a packet without inner MAC finds the local next hop of a custom route, the main table's first")
{
    World world = network();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.put(table("a-table", "blue", {via("10.9.0.0/16", "web-1"), via("10.8.0.0/16", "web-1")}));
    world.put(table("z-main", "blue", {via("10.9.0.0/16", "web-2"), via("0.0.0.0/0", "db-1")}, true));
    world.plan();
    const auto arrivals = find_row(world.planner.tables().vpcs, {.vpc = 100})->arrivals;

    CHECK(world.routes(100, "arrivals") ==
          std::vector<std::string>{"10.8.0.0/16 interface web-1", "10.9.0.0/16 interface web-2"});
    const auto* row = find_row(world.planner.tables().routes, route_key_of(100, arrivals, prefix("10.8.0.0/16")));
    REQUIRE(row);
    CHECK(row->kind == ROUTE_INTERFACE);
    CHECK(row->next_hop == world.slot(100, "10.0.1.10"));

    world.move("web-1", "node-b").plan();
    CHECK(world.routes(100, "arrivals") == std::vector<std::string>{"10.9.0.0/16 interface web-2"});
}

TEST_CASE("an exhausted table is an error that names it; the rest is planned, and retried when there is room")
{
    World world = network({.host = "node-a", .endpoints = 3, .interfaces = 2, .hosts = 2});
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.remove({Interface::kKind, "db-1"});
    const auto result = world.plan();

    REQUIRE(result.errors.size() == 2);
    CHECK(result.errors[0].sentence() == "Host node-c: all 1 hosts are in use");
    CHECK(result.errors[1].sentence() == "Interface web-2: all 1 local interfaces are in use");
    CHECK(world.local("web-1"));
    CHECK_FALSE(world.endpoint(100, "10.0.1.11"));
    CHECK(world.plan().changes.empty());

    world.remove({Interface::kKind, "web-1"}).plan();
    const auto retried = world.plan();
    CHECK(retried.errors.size() == 1);
    CHECK(world.local("web-2"));
}

} // namespace vpcd
