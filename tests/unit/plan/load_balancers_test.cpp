// Load balancers: whose rows a host has, and what a change makes of them.
#include <catch2/catch_test_macros.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "plan/explain.h"
#include "plan/features.h"
#include "plan/planned.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

// Of VPC blue, whose web-1 is here and whose db-1 is on node-b.
LoadBalancer balancer(const std::string& name = "lb", const std::string& at = "10.0.1.200",
                      const std::string& on = {})
{
    LoadBalancer value;
    value.name = name;
    value.vpc = "blue";
    value.address = address(at);
    value.host = on;
    if (on.empty())
        value.subnet = "web";
    value.listeners = {
        {.protocol = NatProtocol::Tcp, .port = 80, .backend_port = 8080, .scheduler = {}, .health_check = {}}};
    value.backends = {{.interface = "web-1", .weight = 100}, {.interface = "db-1", .weight = 100}};
    return value;
}

World with(LoadBalancer value = balancer())
{
    World world = network();
    for (const auto* name : {"node-a", "node-b"})
        world.change<Host>(name, [](Host& host) { host.external = ExternalLink{"external0"}; });
    world.facts.links["external0"] = link(20, "external0");
    world.put(std::move(value));
    return world;
}

const ::service* listener(const World& world, std::string_view at, std::uint32_t vni, unsigned port = 80)
{
    return find_row(world.planner.tables().services, {.address = address(at).abi(),
                                                      .vpc = vni,
                                                      .port = htons(static_cast<std::uint16_t>(port)),
                                                      .protocol = IPPROTO_TCP,
                                                      .pad = 0});
}

std::uint32_t generation_of(const World& world, std::string_view backend)
{
    for (const auto& [id, row] : world.planner.tables().backends)
        if (Address::from_abi(row.address) == address(backend))
            return world.planner.tables().public_generations.at(id);
    return 0;
}

} // namespace

TEST_CASE("a host with an instance of the VPC plays its load balancers")
{
    World world = with();
    world.plan();

    const auto* row = listener(world, "10.0.1.200", 100);
    REQUIRE(row);
    CHECK(row->vpc == 100);
    CHECK(row->slots == 2);
    CHECK(row->scheduler == SCHEDULER_ROUND_ROBIN);
    CHECK(row->flags == 0);
    CHECK(world.planner.tables().backends.size() == 2);
    CHECK(world.endpoint(100, "10.0.1.200")->flags == (ENDPOINT_ROUTER | ENDPOINT_SERVICE));
    CHECK(features_of(world.planner.tables()).test(FEATURE_SERVICE));
    CHECK(world.plan().changes.empty());

    world.remove({LoadBalancer::kKind, "lb"});
    world.plan();
    CHECK(world.planner.tables().services.empty());
    CHECK(world.planner.tables().backends.empty());
    CHECK(world.planner.tables().service_slots.empty());
    CHECK_FALSE(world.endpoint(100, "10.0.1.200"));
}

TEST_CASE("a public one is played by its host, and others know the way back")
{
    World world = with(balancer("lb", "203.0.113.50", "node-a"));
    world.plan();
    CHECK(listener(world, "203.0.113.50", 0));
    CHECK(find_row(world.planner.tables().publics, {.address = address("203.0.113.50").abi()})->vpc == 100);
    CHECK(features_of(world.planner.tables()).test(FEATURE_NAT));

    world.change<LoadBalancer>("lb", [](LoadBalancer& value) { value.host = "node-b"; });
    world.plan();
    CHECK(world.planner.tables().services.empty());
    CHECK(world.planner.tables().publics.empty());
    CHECK(world.planner.peers().contains(address("192.0.2.2")));
    const auto way_back = world.planner.tables().vpcs.at({.vpc = 100}).way_back;
    REQUIRE(way_back != 0);
    CHECK(world.planner.tables().next_hops.at(way_back).flags == (NEXT_HOP_OUTSIDE | NEXT_HOP_RETURN));
}

TEST_CASE("with direct return, hosts that lead to the Internet play a public one for their own instances")
{
    auto value = balancer("lb", "203.0.113.50", "node-b");
    value.direct_return = true;
    World world = with(value);
    world.plan();
    const auto& tables = world.planner.tables();
    REQUIRE(listener(world, "203.0.113.50", 0));
    CHECK(listener(world, "203.0.113.50", 0)->slots == 1);
    REQUIRE(tables.backends.size() == 1);
    CHECK(Address::from_abi(tables.backends.begin()->second.address) == address("10.0.1.10"));
    CHECK(tables.backends.begin()->second.next_hop == 0);
    CHECK(find_row(tables.publics, {.address = address("203.0.113.50").abi()})->flags ==
          (PUBLIC_QUIET | PUBLIC_PASSED));

    world.change<Host>("node-a", [](Host& host) { host.external.reset(); });
    world.plan();
    CHECK(tables.services.empty());
    CHECK(tables.publics.empty());
}

TEST_CASE("with direct return, the host of the address knows who answers for which backend")
{
    auto value = balancer("lb", "203.0.113.50", "node-a");
    value.direct_return = true;
    World world = with(value);
    world.plan();
    const auto next_hop = [&](std::string_view backend) {
        for (const auto& [id, row] : world.planner.tables().backends)
            if (Address::from_abi(row.address) == address(backend))
                return row.next_hop;
        return ~0u;
    };
    CHECK(next_hop("10.0.1.10") == 0);
    const auto way = next_hop("10.0.2.10");
    REQUIRE(way != 0);
    CHECK(world.planner.tables().next_hops.at(way).flags == (NEXT_HOP_OUTSIDE | NEXT_HOP_PASS));
    CHECK(world.planner.host_name(world.planner.tables().next_hops.at(way).host) == "node-b");
    CHECK(find_row(world.planner.tables().publics, {.address = address("203.0.113.50").abi()})->flags ==
          PUBLIC_ANNOUNCED);
    const auto generation = generation_of(world, "10.0.2.10");

    world.change<Host>("node-b", [](Host& host) { host.external.reset(); });
    world.plan();
    CHECK(next_hop("10.0.2.10") == 0);
    CHECK(generation_of(world, "10.0.2.10") == generation); // no connection ends
}

TEST_CASE("weights change whose turn it is, and nothing for open connections")
{
    World world = with();
    world.plan();
    const auto before = generation_of(world, "10.0.1.10");

    world.change<LoadBalancer>("lb", [](LoadBalancer& value) { value.backends[0].weight = 0; });
    world.plan();
    CHECK(listener(world, "10.0.1.200", 100)->slots == 1);
    CHECK(world.planner.tables().backends.size() == 2);
    CHECK(generation_of(world, "10.0.1.10") == before);

    world.change<LoadBalancer>("lb", [](LoadBalancer& value) { value.clients = {prefix("10.0.0.0/8")}; });
    world.plan();
    CHECK(listener(world, "10.0.1.200", 100)->flags == SERVICE_LIMITED);
    CHECK(generation_of(world, "10.0.1.10") != before);
}

TEST_CASE("numbers and generations stay over a restart")
{
    World world = with();
    world.put(balancer("other", "203.0.113.50", "node-a"));
    world.plan();

    world.restart();
    CHECK(world.plan().changes.empty());
}

TEST_CASE("a backend's new address is in the rows")
{
    World world = with();
    world.plan();

    world.change<Interface>("web-1", [](Interface& value) { value.address = address("10.0.1.77"); });
    world.plan();

    CHECK(generation_of(world, "10.0.1.77") != 0);
    CHECK(generation_of(world, "10.0.1.10") == 0);
}

TEST_CASE("rows of a load balancer are told in words")
{
    World world = with();
    world.plan();
    const auto text = explain(world.planner.tables(), world.planner);

    for (const char* part : {"listener TCP port 80 of 10.0.1.200 in blue (number 1) -> round-robin of 2 slots\n",
                             "-> 10.0.1.10 port 8080 weight 100\n", "10.0.1.200 -> a load balancer\n"})
        CHECK(text.find(part) != std::string::npos);
}

TEST_CASE("checked backends are told with their VPC, and take connections only while they live")
{
    auto value = balancer();
    HealthCheck check;
    check.type = CheckType::Http;
    check.port = 81;
    check.path = "/up";
    value.listeners.front().health_check = check;
    World world = with(value);
    world.plan();

    const auto checked = world.planner.checked_backends();
    REQUIRE(checked.size() == 2);
    for (const auto& [number, backend] : checked) {
        const auto& row = world.planner.tables().backends.at(number);
        CHECK(row.flags == BACKEND_CHECKED);
        CHECK(Address::from_abi(row.address) == backend.address);
        CHECK(backend.balancer == "lb");
        CHECK(backend.vni == 100);
        CHECK(backend.port == 81);
        CHECK(backend.check.path == "/up");
    }
    const auto before = generation_of(world, "10.0.1.10");
    world.change<LoadBalancer>("lb", [](LoadBalancer& lb) { lb.listeners.front().health_check->port.reset(); });
    world.plan();
    CHECK(world.planner.checked_backends().begin()->second.port == 8080);
    world.change<LoadBalancer>("lb", [](LoadBalancer& lb) { lb.listeners.front().health_check.reset(); });
    world.plan();
    CHECK(world.planner.checked_backends().empty());
    CHECK(generation_of(world, "10.0.1.10") == before); // connections stay
}

TEST_CASE("only who plays a load balancer checks its backends")
{
    auto value = balancer("lb", "203.0.113.50", "node-b");
    value.listeners.front().health_check = HealthCheck{};
    World world = with(value);
    world.plan();
    CHECK(world.planner.checked_backends().empty());
    CHECK(world.planner.tables().vpcs.at({.vpc = 100}).way_back != 0);
}

TEST_CASE("the device of health checks gives this host an address of those kept for services")
{
    World world = with();
    world.plan();
    CHECK(world.planner.tables().settings.at(0).check_ifindex == 0);
    CHECK(world.planner.tables().settings.at(0).check_address == 0);

    auto& device = world.facts.links[std::string{kCheckDevice}];
    device = link(88, std::string{kCheckDevice}, "veth"); // somebody else's
    world.plan();
    CHECK(world.planner.tables().settings.at(0).check_ifindex == 0);
    device.is_ours = true;
    world.plan();
    CHECK(world.planner.tables().settings.at(0).check_ifindex == 88);
    CHECK(ntohl(world.planner.tables().settings.at(0).check_address) == address("100.64.2.1").v4_value());
    CHECK(check_address(address("10.255.255.255")) == address("100.127.255.255"));
}

} // namespace vpcd
