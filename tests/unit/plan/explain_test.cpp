// The plan in words.
#include "plan/explain.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "plan/explain_rules.h"
#include "plan/rule_bits.h"
#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("every row is a line that names what it is about")
{
    World world = network();
    world.put(table("defaults", "blue", {via("0.0.0.0/0", "db-1"), blackhole("10.9.0.0/16")}, true));
    world.put(group("web", "blue", {from_block("10.9.0.0/16", allow_in("tcp", "80")), drop_in("tcp", "8000-8003")}));
    world.put(acl("border", "blue", {allow_in("icmp")}));
    world.change<Interface>("web-1", [](Interface& value) { value.security_groups = {"web"}; });
    world.change<Subnet>("web", [](Subnet& value) { value.network_acl = "border"; });
    world.plan();

    const std::string text = explain(world.planner.tables(), world.planner);

    for (const auto* line : {
             "host node-b 192.0.2.2 via device 2 mtu 1500 at 02:00:00:00:00:0b\n",
             "host node-c 192.0.2.3\n",
             "vtep 192.0.2.2 -> host node-b\n",
             "next hop slot 1 blue serial 1 on node-b\n",
             "next hop slot 2 blue serial 1 here as interface 1\n",
             "policy 1 (deny all) -> rule set 1\n",
             "policy 2 (blue ingress of network ACL border) -> rule set 2\n",
             "policy 4 (blue ingress of groups web) -> rule set 4\n",
             "rule set 1 everywhere, otherwise drop\n",
             "rule set 4 of blue, otherwise drop\n",
             "rule set 5 of blue, otherwise allow\n",
             "rule set 2 rule 0: allow, NetworkAcl border rules[0] (ingress allow icmp from anybody)\n",
             "rule set 4 rule 0: drop, SecurityGroup web rules[1] (ingress drop tcp 8000-8003 from anybody)\n",
             "rule set 4 rule 2: allow, SecurityGroup web (ingress members)\n",
             "rule set 4 peer anybody: rules 0\n",
             "rule set 4 peer 10.9.0.0/16: rules 0-1\n",
             "rule set 4 peer in groups web: rules 2\n",
             "rule set 4 any protocol: rules 2\n",
             "rule set 4 tcp 80: rules 1-2\n",
             "rule set 4 tcp 8000-8003: rules 0, 2\n",
             "rule set 2 icmp: rules 0\n",
             "vpc blue (VNI 100) arrivals in table ",
             "subnet blue/web gateway 10.0.1.253 table main policies 2 in, 3 out\n",
             "subnet blue/db gateway 10.0.2.253 table main\n",
             "endpoint blue 10.0.1.253 -> the virtual router\n",
             "endpoint blue 10.0.2.10 -> slot 1 (db-1 @ node-b) in default-1\n",
             "station blue 02:00:00:00:01:0a -> slot 2 (web-1 @ node-a)\n",
             "route blue/main 10.0.1.0/24 -> subnet web (system)\n",
             "route blue/main 0.0.0.0/0 -> interface db-1 (custom)\n",
             "route blue/main 10.9.0.0/16 -> blackhole (custom)\n",
             "route blue/main 100.64.0.0/10 -> service (system)\n",
             "interface 1 (web-1) blue/web 02:00:00:00:01:0a device 10 policies 4 in, 5 out\n",
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

TEST_CASE("many rules are told in few words")
{
    ::rule_bits bits{};
    CHECK(to_string(bits) == "no rule");
    for (std::size_t i = 0; i < 40; i += 2)
        add_rule(bits, i);
    add_rule(bits, 1);
    add_rule(bits, kMostRuleBits - 1);

    CHECK(to_string(bits) == "rules 0-2, 4, 6, 8, 10, 12, 14, 16 and 12 more");
}

} // namespace vpcd
