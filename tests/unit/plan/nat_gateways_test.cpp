// NAT gateways: the rows of the host that serves one, and the way that routes and wholly mapped addresses take to it.
#include <catch2/catch_test_macros.hpp>

#include <set>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <vpcd/abi/limits.h>

#include "plan/explain.h"
#include "plan/features.h"
#include "plan/outside.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

// Of VPC blue, on this host: web shares two addresses, one port of a third and all of a fourth lead to web-1 and
// db-1.
NatGateway gateway(const std::string& name = "out", const std::string& of = "blue", const std::string& on = "node-a",
                   const std::string& network = "203.0.113.")
{
    NatGateway value;
    value.name = name;
    value.vpc = of;
    value.hosts = {{on}};
    value.snat = {{.subnet = of == "blue" ? "web" : "red-web",
                   .cidr = {},
                   .addresses = {address(network + "20"), address(network + "21")}}};
    value.dnat = {
        {.address = address(network + "22"),
         .to = address("10.0.1.10"),
         .protocol = NatProtocol::Tcp,
         .port = 443,
         .to_port = 8443},
        {.address = address(network + "23"), .to = address("10.0.2.10"), .protocol = {}, .port = {}, .to_port = {}}};
    return value;
}

World with_gateway(NatGateway value = gateway())
{
    World world = network();
    for (const auto* name : {"node-a", "node-b"})
        world.change<Host>(name, [](Host& host) { host.external = ExternalLink{"external0"}; });
    world.facts.links["external0"] = link(20, "external0");
    world.put(std::move(value));
    world.put(table("main-blue", "blue", {by_nat("0.0.0.0/0", "out")}, true));
    return world;
}

const ::public_address* public_row(const World& world, std::string_view at)
{
    return find_row(world.planner.tables().publics, {.address = address(at).abi()});
}

std::uint32_t generation(const World& world, std::string_view at)
{
    const auto* row = public_row(world, at);
    const auto* found = row ? find_row(world.planner.tables().public_generations, row->id) : nullptr;
    return found ? *found : 0;
}

const ::snat* shared_by(const World& world, std::uint32_t vni, std::string_view block)
{
    const auto source = prefix(block);
    return find_row(
        world.planner.tables().snats,
        {.prefix_len = SNAT_PREFIX_FIXED + source.mapped_length(), .vpc = vni, .address = source.address().abi()});
}

const ::forward* forwarded(const World& world, std::string_view at, unsigned port, unsigned protocol = IPPROTO_TCP)
{
    return find_row(world.planner.tables().forwards, {.address = address(at).abi(),
                                                      .port = htons(static_cast<std::uint16_t>(port)),
                                                      .protocol = static_cast<__u8>(protocol),
                                                      .pad = 0});
}

// What the default route of web leads to; nullptr: there is none.
const ::next_hop* way_out(const World& world)
{
    for (const auto& [key, row] : world.planner.tables().routes)
        if (row.kind == ROUTE_NAT_GATEWAY)
            return find_row(world.planner.tables().next_hops, row.next_hop);
    return nullptr;
}

} // namespace

TEST_CASE("a gateway's host knows who shares which addresses, and where mapped ports lead")
{
    World world = with_gateway();
    world.plan();

    const auto* shared = shared_by(world, 100, "10.0.1.0/24");
    REQUIRE(shared);
    CHECK(shared->first_port == 1024);
    CHECK(shared->last_port == 65535);
    CHECK(shared->count == 2);
    CHECK(shared->flags == 0);
    CHECK(Address::from_abi(shared->addresses[1].address) == address("203.0.113.21"));
    CHECK(shared->addresses[1].id == public_row(world, "203.0.113.21")->id);
    CHECK(shared->generation == generation(world, "203.0.113.20"));
    CHECK(shared->generation == generation(world, "203.0.113.22"));
    CHECK(shared->generation != 0);
    CHECK(public_row(world, "203.0.113.20")->flags == PUBLIC_ANNOUNCED);
    CHECK(public_row(world, "203.0.113.20")->vpc == 100);

    const auto* mapped = forwarded(world, "203.0.113.22", 443);
    REQUIRE(mapped);
    CHECK(Address::from_abi(mapped->address) == address("10.0.1.10"));
    CHECK(ntohs(mapped->port) == 8443);
    CHECK(mapped->vpc == 100);
    CHECK_FALSE(forwarded(world, "203.0.113.22", 443, IPPROTO_UDP));

    CHECK(public_row(world, "203.0.113.23")->flags == (PUBLIC_WHOLE | PUBLIC_ANNOUNCED));
    CHECK(generation(world, "203.0.113.23") == 0);
    CHECK(world.planner.tables().elastics.size() == 1);
    CHECK(features_of(world.planner.tables()).test(FEATURE_NAT));
    CHECK(world.planner.tables().settings.at(0).translations_per_vpc == VPCD_MAX_TRANSLATIONS / 4);
    CHECK(world.plan().changes.empty());
}

TEST_CASE("settings of a gateway are in its rows")
{
    auto value = gateway();
    value.ports = {2000, 2999};
    value.mapping = NatMapping::EndpointIndependent;
    value.announce = Announce::Route;
    value.snat.push_back({.subnet = {}, .cidr = prefix("10.0.0.0/8"), .addresses = {address("203.0.113.20")}});
    World world = with_gateway(value);
    world.plan();

    CHECK(shared_by(world, 100, "10.0.1.0/24")->first_port == 2000);
    CHECK(shared_by(world, 100, "10.0.1.0/24")->last_port == 2999);
    CHECK(shared_by(world, 100, "10.0.0.0/8")->flags == SNAT_ENDPOINT_INDEPENDENT);
    CHECK(shared_by(world, 100, "10.0.0.0/8")->count == 1);
    CHECK(public_row(world, "203.0.113.20")->flags == 0);
}

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
    CHECK(public_row(world, "203.0.113.20")->flags == PUBLIC_QUIET);
    CHECK_FALSE(public_row(world, "203.0.113.22"));
    CHECK_FALSE(public_row(world, "203.0.113.23"));
    CHECK_FALSE(forwarded(world, "203.0.113.22", 443));
    CHECK(way_out(world)->host == 0); // its own instances leave here
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

TEST_CASE("a route leads to the gateway's host")
{
    World world = with_gateway();
    world.plan();
    REQUIRE(way_out(world));
    CHECK(way_out(world)->host == 0);
    CHECK(way_out(world)->flags == NEXT_HOP_OUTSIDE);
    CHECK(world.routes(100, "main") == std::vector<std::string>{"0.0.0.0/0 nat-gateway out", "10.0.1.0/24 subnet web",
                                                                "10.0.2.0/24 subnet db", "100.64.0.0/10 service"});
    const auto before = world.local("web-1")->generation;

    world.change<NatGateway>("out", [](NatGateway& value) { value.hosts = {{"node-b"}}; });
    world.plan();
    CHECK(world.planner.host_name(way_out(world)->host) == "node-b");
    CHECK(world.planner.tables().snats.empty());
    CHECK(world.planner.tables().publics.empty());
    CHECK(world.local("web-1")->generation != before);
    CHECK(world.planner.peers().contains(address("192.0.2.2")));

    world.remove({RouteTable::kKind, "main-blue"});
    world.plan();
    CHECK_FALSE(way_out(world));
    for (const auto& [index, row] : world.planner.tables().next_hops)
        CHECK((row.flags & ~NEXT_HOP_RETURN) == (row.flags & NEXT_HOP_RETURN ? NEXT_HOP_OUTSIDE : 0));
}

TEST_CASE("a wholly mapped address leaves by the gateway that maps it, without a route")
{
    auto value = gateway("out", "blue", "node-b");
    value.dnat[1].to = address("10.0.1.10");
    World world = with_gateway(value);
    world.remove({RouteTable::kKind, "main-blue"});
    world.plan();
    const auto outside = [&] { return world.endpoint(100, "10.0.1.10")->outside; };
    REQUIRE(outside() != 0);
    CHECK(world.planner.host_name(world.planner.tables().next_hops.at(outside()).host) == "node-b");
    const auto before = world.local("web-1")->generation;

    world.change<NatGateway>("out", [](NatGateway& other) { other.dnat.pop_back(); });
    world.plan();
    CHECK(outside() == 0);
    CHECK(world.local("web-1")->generation != before);

    world.put(value);
    world.plan();
    CHECK(outside() != 0);
    world.remove({NatGateway::kKind, "out"});
    world.plan();
    CHECK(outside() == 0);
}

TEST_CASE("a gateway's host knows its VPC without an interface of it")
{
    World world = with_gateway();
    world.put(gateway("red-out", "red", "node-a", "198.51.100."));
    world.plan();

    CHECK(world.planner.tables().vpcs.contains({.vpc = 200}));
    CHECK(world.endpoint(200, "10.0.1.10"));
    CHECK(shared_by(world, 200, "10.0.1.0/24"));
    world.remove({NatGateway::kKind, "red-out"});
    world.plan();
    CHECK_FALSE(world.planner.tables().vpcs.contains({.vpc = 200}));
    CHECK_FALSE(world.endpoint(200, "10.0.1.10"));
}

TEST_CASE("two tenants with equal addresses have each their own rows")
{
    World world = with_gateway();
    world.put(gateway("red-out", "red", "node-a", "198.51.100."));
    world.plan();

    CHECK(Address::from_abi(shared_by(world, 100, "10.0.1.0/24")->addresses[0].address) == address("203.0.113.20"));
    CHECK(Address::from_abi(shared_by(world, 200, "10.0.1.0/24")->addresses[0].address) == address("198.51.100.20"));
    CHECK(forwarded(world, "203.0.113.22", 443)->vpc == 100);
    CHECK(forwarded(world, "198.51.100.22", 443)->vpc == 200);
    const auto of_red = generation(world, "198.51.100.20");

    world.change<NatGateway>("out", [](NatGateway& value) { value.ports = {5000, 6000}; });
    const auto changes = world.plan().changes;
    CHECK(generation(world, "198.51.100.20") == of_red);
    CHECK(changes.snats.upserts.size() == 1);
}

TEST_CASE("a generation changes with what it stands for, and with nothing else")
{
    World world = with_gateway();
    world.plan();
    const auto before = generation(world, "203.0.113.20");

    world.restart();
    world.plan();
    CHECK(generation(world, "203.0.113.20") == before);

    world.change<NatGateway>("out", [](NatGateway& value) { value.dnat[0].to_port = 9443; });
    world.plan();
    CHECK(generation(world, "203.0.113.20") != before);
    world.put(gateway());
    world.plan();
    CHECK(generation(world, "203.0.113.20") == before);
}

TEST_CASE("a shared subnet's block follows the subnet")
{
    World world = with_gateway();
    world.plan();

    world.change<Subnet>("web", [](Subnet& value) { value.cidr = prefix("10.0.1.0/25"); });
    world.plan();

    CHECK(shared_by(world, 100, "10.0.1.0/25"));
    CHECK_FALSE(shared_by(world, 100, "10.0.1.0/24"));
}

TEST_CASE("rows of a gateway are told in words")
{
    World world = with_gateway();
    world.plan();
    const auto text = explain(world.planner.tables(), world.planner);

    for (const char* line : {"shared by 10.0.1.0/24 of blue: 203.0.113.20, 203.0.113.21 ports 1024-65535\n",
                             "TCP port 443 of 203.0.113.22 -> 10.0.1.10 port 8443 of blue\n",
                             "-> a gateway of blue announced by ARP\n", "-> 10.0.2.10 of blue announced by ARP\n"})
        CHECK(text.find(line) != std::string::npos);
}

} // namespace vpcd
