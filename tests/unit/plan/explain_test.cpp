// The plan in words.
#include "plan/explain.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "unit/plan/world.h"

namespace vpcd {

using namespace test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("every row is a line that names what it is about")
{
    World world = network();
    world.put(table("defaults", "blue", {via("0.0.0.0/0", "db-1"), blackhole("10.9.0.0/16")}, true));
    world.plan();

    const std::string text = explain(world.planner.tables(), world.planner);

    for (const auto* line : {
             "host node-b 192.0.2.2 via device 2 mtu 1500 at 02:00:00:00:00:0b\n",
             "host node-c 192.0.2.3\n",
             "vtep 192.0.2.2 -> host node-b\n",
             "next hop slot 1 blue serial 1 on node-b\n",
             "next hop slot 2 blue serial 1 here as interface 1\n",
             "vpc blue (VNI 100) arrivals in table ",
             "subnet blue/web gateway 10.0.1.253 table main\n",
             "endpoint blue 10.0.1.253 -> the virtual router\n",
             "endpoint blue 10.0.2.10 -> slot 1 (db-1 @ node-b)\n",
             "station blue 02:00:00:00:01:0a -> slot 2 (web-1 @ node-a)\n",
             "route blue/main 10.0.1.0/24 -> subnet web (system)\n",
             "route blue/main 0.0.0.0/0 -> interface db-1 (custom)\n",
             "route blue/main 10.9.0.0/16 -> blackhole (custom)\n",
             "route blue/main 100.64.0.0/10 -> service (system)\n",
             "interface 1 (web-1) blue/web 02:00:00:00:01:0a device 10\n",
             "device 10 -> interface web-1\n",
             "settings tunnel endpoint 192.0.2.1\n",
         })
        CHECK_THAT(text, ContainsSubstring(line));
    CHECK(static_cast<std::size_t>(std::ranges::count(text, '\n')) == row_count(world.planner.tables()));
}

TEST_CASE("a change is told by what is written and what is removed")
{
    World world = planned_network();

    const auto result = world.remove({Interface::kKind, "db-1"}).plan();

    const std::string text = explain(result.changes, world.planner);
    CHECK_THAT(text, ContainsSubstring("- endpoint blue 10.0.2.10\n"));
    CHECK_THAT(text, ContainsSubstring("+ next hop slot 1 free\n"));
    CHECK(static_cast<std::size_t>(std::ranges::count(text, '\n')) == result.changes.size());
}

} // namespace vpcd
