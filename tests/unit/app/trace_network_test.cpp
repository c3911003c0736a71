// What the documents say about a packet's way, and what is said about a wrong question.
#include "app/trace_network.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/plan/world.h"

namespace vpcd::test {

namespace {

using Catch::Matchers::ContainsSubstring;

World traced_network()
{
    World world = network();
    world.put(interface("gw-1", "db", "10.0.2.20", "node-b"));
    const auto origin = [] {
        Origin place{std::make_shared<const std::string>("blue.yaml"), 7, 1};
        place.add("routes[1]", 10, 5);
        return place;
    }();
    world.model.apply({{RouteTable::kKind, "inner"},
                       table("inner", "blue", {blackhole("10.9.0.0/16"), via("0.0.0.0/0", "gw-1")}, true),
                       origin});
    return world;
}

TraceRequest from(std::string name)
{
    return {.from = std::move(name), .to = {}, .vpc = {}, .source = {}};
}

} // namespace

TEST_CASE("an address of a VPC has one owner")
{
    const World world = traced_network();
    CHECK(owner_of(world.model, "blue", address("10.0.1.10"))->name == "web-1");
    CHECK(owner_of(world.model, "red", address("10.0.1.10"))->name == "red-1");
    CHECK(owner_of(world.model, "blue", address("10.0.1.11")) == nullptr);
    CHECK(owner_of(world.model, "blue", address("8.8.8.8")) == nullptr);
}

TEST_CASE("the longest prefix matches, and a custom route has its place")
{
    struct Row {
        const char* address;
        const char* prefix;
        route_kind kind;
        const char* where;
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"10.0.2.10", "10.0.2.0/24", ROUTE_SUBNET, ""},
        {"100.64.0.1", "100.64.0.0/10", ROUTE_SERVICE, ""},
        {"10.9.1.1", "10.9.0.0/16", ROUTE_BLACKHOLE, "RouteTable inner, blue.yaml:7:1"},
        {"8.8.8.8", "0.0.0.0/0", ROUTE_INTERFACE, "RouteTable inner, blue.yaml:10:5"},
    }));
    CAPTURE(row.address);
    const World world = traced_network();

    const auto match = matching_route(world.model, "blue", "main", address(row.address));

    REQUIRE(match);
    CHECK(to_string(match->route.destination) == row.prefix);
    CHECK(match->route.kind == row.kind);
    CHECK(match->where == row.where);
}

TEST_CASE("no prefix, no match")
{
    CHECK(!matching_route(traced_network().model, "red", "main", address("8.8.8.8")));
}

TEST_CASE("the first hop is the owner, or whom the route names")
{
    const World world = traced_network();
    const auto& sender = *world.model.find<Interface>("web-1");

    CHECK(first_hop(world.model, sender, address("10.0.2.10")).interface->name == "db-1");
    CHECK(first_hop(world.model, sender, address("10.0.2.10")).is_routed);
    CHECK(first_hop(world.model, sender, address("8.8.8.8")).interface->name == "gw-1");
    CHECK(first_hop(world.model, sender, address("8.8.8.8")).is_routed);
    CHECK(first_hop(world.model, sender, address("10.9.0.1")).interface == nullptr);
    CHECK(first_hop(world.model, sender, address("10.0.1.77")).interface == nullptr);
}

TEST_CASE("a sender is found by name, by address, and by its VPC where tenants share one")
{
    const World world = traced_network();
    CHECK((*find_sender(world.model, from("web-1")))->name == "web-1");
    CHECK((*find_sender(world.model, from("10.0.2.10")))->name == "db-1");
    auto request = from("10.0.1.10");
    request.vpc = "red";
    CHECK((*find_sender(world.model, request))->name == "red-1");
}

TEST_CASE("a sender that is not there is answered with what was meant")
{
    const World world = traced_network();
    CHECK_THAT(find_sender(world.model, from("web-11")).error().text(), ContainsSubstring("did you mean web-1?"));
    CHECK(find_sender(world.model, from("zzz")).error().text() == "there is no interface zzz");
    CHECK_THAT(find_sender(world.model, from("10.0.1.77")).error().text(), ContainsSubstring("no interface"));
    CHECK_THAT(find_sender(world.model, from("10.0.1.10")).error().text(),
               ContainsSubstring("web-1 of VPC blue and of red-1 of VPC red"));
}

TEST_CASE("a target is an IPv4 address or an interface of the same VPC")
{
    const World world = traced_network();
    const auto& sender = *world.model.find<Interface>("web-1");

    CHECK(*find_target(world.model, sender, "10.9.9.9") == address("10.9.9.9"));
    CHECK(*find_target(world.model, sender, "db-1") == address("10.0.2.10"));
    CHECK_THAT(find_target(world.model, sender, "fd00::1").error().text(), ContainsSubstring("not an IPv4 address"));
    CHECK_THAT(find_target(world.model, sender, "red-1").error().text(),
               ContainsSubstring("web-1 is in VPC blue, red-1 in VPC red"));
    CHECK_THAT(find_target(world.model, sender, "10.0.1").error().text(),
               ContainsSubstring("'10.0.1' is no address"));
}

} // namespace vpcd::test
