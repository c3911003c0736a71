// Which routes are in force, and where they come from.
#include "plan/effective_routes.h"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

std::vector<std::string> lines(const Model& model, const std::string& table)
{
    std::vector<std::string> found;
    for (const auto& route : effective_routes(model, "blue", table))
        found.push_back(to_string(route.destination) + " " + target_text(route) +
                        (route.type == EffectiveRoute::Type::System ? " (system)" : " (custom)"));
    return found;
}

} // namespace

TEST_CASE("every table has the system routes, and its own custom ones over them")
{
    World world = network();
    world.put(table("extra", "blue", {via("0.0.0.0/0", "db-1"), blackhole("10.0.2.0/24")}));
    world.put(table("defaults", "blue", {via("10.9.0.0/16", "web-1")}, true));
    world.put(table("of-red", "red", {blackhole("10.8.0.0/16")}, true));

    CHECK(lines(world.model, "main") ==
          std::vector<std::string>{"10.0.1.0/24 subnet web (system)", "10.0.2.0/24 subnet db (system)",
                                   "10.9.0.0/16 interface web-1 (custom)", "100.64.0.0/10 service (system)"});
    CHECK(lines(world.model, "extra") ==
          std::vector<std::string>{"0.0.0.0/0 interface db-1 (custom)", "10.0.1.0/24 subnet web (system)",
                                   "10.0.2.0/24 blackhole (custom)", "100.64.0.0/10 service (system)"});
}

TEST_CASE("a subnet is served by the main table, by its own name or through a document that adds to it")
{
    World world = network();
    world.put(table("extra", "blue", {}));
    world.put(table("defaults", "blue", {}, true));

    CHECK(effective_table(world.model, subnet("x", "blue", "10.0.3.0/24")) == "main");
    CHECK(effective_table(world.model, subnet("x", "blue", "10.0.3.0/24", "extra")) == "extra");
    CHECK(effective_table(world.model, subnet("x", "blue", "10.0.3.0/24", "defaults")) == "main");
}

} // namespace vpcd
