// NAT gateways that several hosts share: who has which ports, and who is told to the world.
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "plan/outside.h"
#include "unit/plan/nat_world.h"

namespace vpcd {

using namespace test;

namespace {

// Blocks of ports of an address that another host has, as "first/bits host".
std::set<std::string> slices(const World& world, std::string_view at)
{
    std::set<std::string> found;
    for (const auto& [key, row] : world.planner.tables().slices) {
        const auto& way = world.planner.tables().next_hops.at(row.next_hop);
        CHECK(way.flags == (NEXT_HOP_OUTSIDE | NEXT_HOP_PASS));
        CHECK(way.vpc == 100);
        if (Address::from_abi(key.address) == address(at))
            found.insert(fmt::format("{}/{} {}", key.port[0] << 8 | key.port[1], key.prefix_len - SLICE_PREFIX_FIXED,
                                     world.planner.host_name(way.host)));
    }
    return found;
}

NatGateway shared_gateway(std::vector<NatHost> hosts)
{
    auto value = gateway();
    value.hosts = std::move(hosts);
    return value;
}

} // namespace

TEST_CASE("hosts that share a gateway have equal parts of its ports, and know who has the others")
{
    World world = with_gateway(shared_gateway({{"node-a"}, {"node-b"}}));
    world.plan();

    const auto* shared = shared_by(world, 100, "10.0.1.0/24");
    REQUIRE(shared);
    CHECK(shared->first_port == 1024);
    CHECK(shared->last_port == 33279);
    CHECK(shared->flags == SNAT_SLICE);
    CHECK(slices(world, "203.0.113.20") == slices(world, "203.0.113.21"));
    CHECK(slices(world, "203.0.113.20").contains("33280/7 node-b"));
    CHECK(slices(world, "203.0.113.20").contains("49152/2 node-b"));
    CHECK(slices(world, "203.0.113.22").empty());
    CHECK(forwarded(world, "203.0.113.22", 443));
    CHECK(public_row(world, "203.0.113.20")->flags == PUBLIC_ANNOUNCED);
    CHECK(world.planner.peers().contains(address("192.0.2.2")));
    CHECK(way_out(world)->host == 0);
    CHECK(world.plan().changes.empty());
}

TEST_CASE("the first of the hosts answers ARP, has the DNAT, and what has no ports")
{
    World world =
        with_gateway(shared_gateway({{"node-b", PortRange{1024, 16383}}, {"node-a", PortRange{32768, 65535}}}));
    world.plan();

    CHECK(shared_by(world, 100, "10.0.1.0/24")->first_port == 32768);
    CHECK(shared_by(world, 100, "10.0.1.0/24")->flags == (SNAT_SLICE | SNAT_PORTS_ONLY));
    CHECK(slices(world, "203.0.113.20") ==
          std::set<std::string>{"0/16 node-b", "1024/6 node-b", "2048/5 node-b", "4096/4 node-b", "8192/3 node-b"});
    CHECK(public_row(world, "203.0.113.20")->flags == (PUBLIC_QUIET | PUBLIC_PASSED));
    CHECK_FALSE(public_row(world, "203.0.113.22"));
    CHECK_FALSE(public_row(world, "203.0.113.23"));
    CHECK_FALSE(forwarded(world, "203.0.113.22", 443));
    CHECK(way_out(world)->host == 0); // its own instances leave here
}

TEST_CASE("hosts that are announced by routes all are, and answers may come by any")
{
    auto value = shared_gateway({{"node-b"}, {"node-a"}});
    value.announce = Announce::Route;
    World world = with_gateway(value);
    world.plan();
    CHECK(public_row(world, "203.0.113.20")->flags == PUBLIC_PASSED);

    world.change<NatGateway>("out", [](NatGateway& nat) { nat.hosts = {{"node-a"}}; });
    world.plan();
    CHECK(public_row(world, "203.0.113.20")->flags == 0);
}

TEST_CASE("instances of a host that does not share the gateway all leave by the same one")
{
    std::set<std::string> used;
    for (unsigned i = 0; i < 20; ++i) {
        const auto host = "node-" + std::to_string(i);
        const auto value = shared_gateway({{"gw-1"}, {"gw-2"}, {"gw-3"}});
        used.insert(leaving_host(value, host));
        CHECK(leaving_host(value, host) == leaving_host(shared_gateway({{"gw-3"}, {"gw-1"}, {"gw-2"}}), host));
        const auto without = leaving_host(shared_gateway({{"gw-1"}, {"gw-3"}}), host);
        CHECK((leaving_host(value, host) == "gw-2" || leaving_host(value, host) == without));
    }
    CHECK(used.size() == 3);
}

TEST_CASE("a host that comes to share a gateway takes its ports, one that goes gives them back")
{
    World world = with_gateway();
    world.plan();
    const auto before = generation(world, "203.0.113.20");
    const auto peers = world.planner.peers();

    world.change<NatGateway>("out", [](NatGateway& value) { value.hosts = {{"node-a"}, {"node-b"}}; });
    world.plan();
    CHECK(shared_by(world, 100, "10.0.1.0/24")->last_port == 33279);
    CHECK(generation(world, "203.0.113.20") != before);

    world.change<NatGateway>("out", [](NatGateway& value) { value.hosts = {{"node-a"}}; });
    world.plan();
    CHECK(world.planner.tables().slices.empty());
    CHECK(generation(world, "203.0.113.20") == before);
    CHECK(world.planner.peers() == peers);
}

} // namespace vpcd
