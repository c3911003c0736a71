// Public addresses: the rows of who serves them, and the way out of those they stand for.
#include <catch2/catch_test_macros.hpp>

#include <vpcd/abi/limits.h>

#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

ElasticIp elastic(const std::string& name, std::string_view at, const std::string& interface,
                  const std::string& host = {})
{
    ElasticIp value;
    value.name = name;
    value.address = address(at);
    value.interface = interface;
    value.host = host;
    return value;
}

Host leading_out(Host value)
{
    value.external = ExternalLink{"external0"};
    return value;
}

// node-a, this host, and node-b lead to the Internet.
World with_externals()
{
    World world = network();
    world.put(leading_out(host("node-a", "192.0.2.1"))).put(leading_out(host("node-b", "192.0.2.2")));
    world.facts.links["external0"] = link(20, "external0");
    return world;
}

const ::public_address* public_row(const World& world, std::string_view at)
{
    return find_row(world.planner.tables().publics, {.address = address(at).abi()});
}

const ::elastic* elastic_row(const World& world, std::uint32_t vni, std::string_view at)
{
    return find_row(world.planner.tables().elastics, {.address = address(at).abi(), .vpc = vni});
}

// What packets of a local address leave by; nullptr: nothing.
const ::next_hop* way_out(const World& world, std::uint32_t vni, std::string_view at)
{
    const auto* row = world.endpoint(vni, at);
    return row && row->outside ? find_row(world.planner.tables().next_hops, row->outside) : nullptr;
}

} // namespace

TEST_CASE("the host of an interface serves its public address when it leads to the Internet")
{
    World world = with_externals();
    world.put(elastic("web", "203.0.113.10", "web-1"));
    world.plan();

    const auto* row = public_row(world, "203.0.113.10");
    REQUIRE(row);
    CHECK(Address::from_abi(row->private_address) == address("10.0.1.10"));
    CHECK(row->vpc == 100);
    CHECK(row->flags == (PUBLIC_WHOLE | PUBLIC_ANNOUNCED));
    CHECK(row->id == world.planner.public_id("web"));
    REQUIRE(elastic_row(world, 100, "10.0.1.10"));
    CHECK(Address::from_abi(elastic_row(world, 100, "10.0.1.10")->address) == address("203.0.113.10"));
    const auto* way = way_out(world, 100, "10.0.1.10");
    REQUIRE(way);
    CHECK(way->host == 0);
    CHECK(way->interface == 0);
    CHECK(way->flags == NEXT_HOP_OUTSIDE);
    CHECK(Mac::from_abi(way->mac) == Mac{VPCD_GATEWAY_MAC});
    CHECK(world.plan().changes.empty());
}

TEST_CASE("this host's device decides what the datapath knows of the outside")
{
    World world = with_externals();
    world.put(elastic("web", "203.0.113.10", "web-1"));
    world.plan();

    const auto& row = world.planner.tables().settings.at(0);
    CHECK(row.external_ifindex == 20);
    CHECK(row.external_mtu == 1500);
    CHECK(row.tunnel_mtu == 1450);
    CHECK(Mac::from_abi(row.external_mac) == mac(20));
    CHECK(row.outside == 1);
    CHECK(world.planner.attachments().external_ifindex == 20);

    world.facts.links.erase("external0");
    world.plan();
    CHECK(world.planner.tables().settings.at(0).external_ifindex == 0);
    CHECK(world.planner.attachments().external_ifindex == 0);
    CHECK(world.planner.attachments().external_device == "external0");
}

TEST_CASE("a host without an external device sends to the gateway that the document names")
{
    World world = with_externals();
    world.put(host("node-a", "192.0.2.1")).put(elastic("web", "203.0.113.10", "web-1", "node-b"));
    world.plan();

    CHECK_FALSE(public_row(world, "203.0.113.10"));
    const auto* way = way_out(world, 100, "10.0.1.10");
    REQUIRE(way);
    CHECK(world.planner.host_name(way->host) == "node-b");
    CHECK(world.planner.peers().contains(address("192.0.2.2")));
    CHECK_FALSE(world.planner.public_id("web"));
}

TEST_CASE("a gateway knows the VPCs whose public addresses it serves")
{
    World world = with_externals();
    world.put(host("node-b", "192.0.2.2")).put(elastic("red", "203.0.113.20", "red-1", "node-a"));
    world.plan();

    REQUIRE(public_row(world, "203.0.113.20"));
    CHECK(public_row(world, "203.0.113.20")->vpc == 200);
    CHECK(world.endpoint(200, "10.0.1.10"));
    CHECK(find_row(world.planner.tables().vpcs, {.vpc = 200}));
    CHECK_FALSE(way_out(world, 200, "10.0.1.10")); // it is not here that it sends from

    SECTION("and forgets them with the last one")
    {
        world.put(elastic("red", "203.0.113.20", ""));
        world.plan();
        CHECK_FALSE(world.endpoint(200, "10.0.1.10"));
        CHECK_FALSE(find_row(world.planner.tables().vpcs, {.vpc = 200}));
    }
}

TEST_CASE("who is bound and who was bound is decided again, and nobody else")
{
    World world = with_externals();
    world.put(interface("web-2", "web", "10.0.1.11", "node-a")).put(interface("web-3", "web", "10.0.1.12", "node-a"));
    world.put(elastic("web", "203.0.113.10", "web-1"));
    world.plan();
    const auto first = world.local("web-1")->generation;
    const auto second = world.local("web-2")->generation;
    const auto third = world.local("web-3")->generation;

    world.put(elastic("web", "203.0.113.10", "web-2"));
    world.plan();

    CHECK(world.local("web-1")->generation == first + 1);
    CHECK(world.local("web-2")->generation == second + 1);
    CHECK(world.local("web-3")->generation == third);
    CHECK_FALSE(way_out(world, 100, "10.0.1.10"));
    CHECK_FALSE(elastic_row(world, 100, "10.0.1.10"));
    CHECK(way_out(world, 100, "10.0.1.11"));
    CHECK(Address::from_abi(public_row(world, "203.0.113.10")->private_address) == address("10.0.1.11"));
}

TEST_CASE("a secondary address has a public one of its own")
{
    World world = with_externals();
    world.change<Interface>("web-1", [](Interface& value) { value.secondary_addresses = {address("10.0.1.50")}; });
    auto second = elastic("second", "203.0.113.11", "web-1");
    second.private_address = address("10.0.1.50");
    world.put(elastic("web", "203.0.113.10", "web-1")).put(second);
    world.plan();

    CHECK(Address::from_abi(elastic_row(world, 100, "10.0.1.10")->address) == address("203.0.113.10"));
    CHECK(Address::from_abi(elastic_row(world, 100, "10.0.1.50")->address) == address("203.0.113.11"));
    CHECK(world.endpoint(100, "10.0.1.50")->outside == world.endpoint(100, "10.0.1.10")->outside);
}

TEST_CASE("a public address goes where its interface goes")
{
    World world = with_externals();
    world.put(elastic("web", "203.0.113.10", "web-1"));
    world.plan();

    world.move("web-1", "node-b");
    world.plan();
    CHECK_FALSE(public_row(world, "203.0.113.10"));

    world.move("web-1", "node-a");
    world.plan();
    CHECK(public_row(world, "203.0.113.10"));
}

TEST_CASE("a host that leads to the Internet now takes the public addresses of its interfaces over")
{
    World world = with_externals();
    world.put(host("node-a", "192.0.2.1")).put(elastic("web", "203.0.113.10", "web-1", "node-b"));
    world.plan();

    world.put(leading_out(host("node-a", "192.0.2.1")));
    world.plan();

    CHECK(public_row(world, "203.0.113.10"));
    CHECK(way_out(world, 100, "10.0.1.10")->host == 0);
}

TEST_CASE("a restarted agent keeps the numbers of public addresses and gateways")
{
    World world = with_externals();
    world.put(elastic("free", "203.0.113.9", ""));
    world.put(interface("web-2", "web", "10.0.1.11", "node-a"));
    world.put(elastic("gone", "203.0.113.8", "web-2")).put(elastic("web", "203.0.113.10", "web-1"));
    world.plan();
    world.remove({ElasticIp::kKind, "gone"});
    world.plan();

    world.restart();
    const auto result = world.plan();

    CHECK(summary(result.changes) == "");
    CHECK(world.plan().changes.empty());
}

} // namespace vpcd
