// Which rules decide before which, and what each is called.
#include "plan/rule_order.h"

#include <set>

#include <catch2/catch_test_macros.hpp>
#include <vpcd/abi/policy.h>

#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

std::vector<std::string> texts(const OrderedRules& ordered)
{
    std::vector<std::string> found;
    for (const auto& rule : ordered.rules)
        found.push_back(rule.origin.document.name + ": " + rule.origin.text);
    return found;
}

struct Groups {
    World world;
    Vpc blue = vpc("blue", 100);

    OrderedRules inbound(const std::vector<std::string>& names) const
    {
        return ordered_rules(world.model, blue, names, Direction::Ingress);
    }
    OrderedRules outbound(const std::vector<std::string>& names) const
    {
        return ordered_rules(world.model, blue, names, Direction::Egress);
    }
};

} // namespace

TEST_CASE("priority decides first, then dropping, then the names of groups, then the order in the document")
{
    Groups groups;
    groups.world.put(group("a", "blue",
                           {prior(2, allow_in("tcp", "1")), prior(1, allow_in("tcp", "2")), allow_in("tcp", "3"),
                            prior(2, drop_in("tcp", "4")), allow_out("udp", "9")}));
    groups.world.put(group("b", "blue", {prior(1, drop_in("tcp", "5")), prior(1, allow_in("tcp", "6"))}));

    CHECK(texts(groups.inbound({"a", "b"})) ==
          std::vector<std::string>{"b: ingress drop tcp 5 from anybody", "a: ingress allow tcp 2 from anybody",
                                   "a: ingress allow tcp 3 from anybody", "b: ingress allow tcp 6 from anybody",
                                   "a: ingress drop tcp 4 from anybody", "a: ingress allow tcp 1 from anybody",
                                   "a: members", "b: members"});
    CHECK(texts(groups.outbound({"a"})) ==
          std::vector<std::string>{"a: egress allow udp 9 to anybody", "a: members"});
}

TEST_CASE("members of an isolated group are nothing to each other")
{
    Groups groups;
    SecurityGroup isolated = group("a", "blue", {});
    isolated.isolated = true;
    groups.world.put(isolated).put(group("b", "blue", {}));

    const auto ordered = groups.inbound({"a", "b"});

    REQUIRE(texts(ordered) == std::vector<std::string>{"b: members"});
    CHECK(ordered.rules[0].rule.peer.group == "b");
    CHECK(ordered.rules[0].rule.policy == RulePolicy::Allow);
    CHECK_FALSE(ordered.rules[0].rule.protocol.number);
}

TEST_CASE("what no rule is about is dropped inbound, and outbound if one of the groups says so")
{
    Groups groups;
    SecurityGroup strict = group("strict", "blue", {});
    strict.egress_default = RulePolicy::Drop;
    groups.world.put(strict).put(group("open", "blue", {}));

    CHECK(groups.inbound({"open"}).otherwise == RulePolicy::Drop);
    CHECK(groups.outbound({"open"}).otherwise == RulePolicy::Allow);
    CHECK(groups.outbound({"open", "strict"}).otherwise == RulePolicy::Drop);
    CHECK(groups.outbound({"default-1"}).otherwise == RulePolicy::Allow);
    CHECK(groups.outbound({"gone"}).otherwise == RulePolicy::Drop);
}

TEST_CASE("the groups that need no document have rules")
{
    const Groups groups;

    CHECK(texts(groups.inbound({"default-2"})) ==
          std::vector<std::string>{"default-2: ingress allow icmp from anybody",
                                   "default-2: ingress allow tcp 22, 3389 from anybody", "default-2: members"});
}

TEST_CASE("rules of a network ACL are asked in the order of the document, and have no members")
{
    Groups groups;
    groups.world.put(acl("border", "blue", {allow_in("tcp", "2"), allow_out("all"), drop_in("tcp", "1")}));

    const auto ordered = ordered_rules(groups.world.model, groups.blue, "border", Direction::Ingress);

    CHECK(texts(ordered) == std::vector<std::string>{"border: ingress allow tcp 2 from anybody",
                                                     "border: ingress drop tcp 1 from anybody"});
    CHECK(ordered.otherwise == RulePolicy::Drop);
    CHECK(ordered.rules[1].origin.index == 2);
    CHECK(ordered_rules(groups.world.model, groups.blue, "gone", Direction::Egress).rules.empty());
}

TEST_CASE("a peer is its blocks: one, or those of a list")
{
    Groups groups;
    groups.world.put(PrefixList{"office", {prefix("192.0.2.0/24"), prefix("198.51.100.0/24")}});
    groups.world.put(
        group("a", "blue", {from_block("10.0.0.0/8", allow_in("tcp")), from_list("office", allow_in("tcp"))}));

    const auto rules = groups.inbound({"a"}).rules;

    CHECK(rules[0].blocks == std::vector{prefix("10.0.0.0/8")});
    CHECK(rules[1].blocks == std::vector{prefix("192.0.2.0/24"), prefix("198.51.100.0/24")});
    CHECK_FALSE(rules[1].is_about_anybody());
}

TEST_CASE("a rule keeps its number while it reads the same, wherever it stands")
{
    const auto web = group("web", "blue", {allow_in("tcp", "80"), allow_in("tcp", "443"), allow_in("tcp", "80")});

    const auto first = origin_of(web, "blue", 0);
    CHECK(to_string(first) == "SecurityGroup web rules[0] (ingress allow tcp 80 from anybody)");
    CHECK(to_string(origin_of_members(web, "blue", Direction::Egress)) == "SecurityGroup web (egress members)");
    CHECK(rule_id(first) >= RULE_IDS);
    CHECK(rule_id(first) == rule_id(origin_of(web, "blue", 2)));

    std::set<std::uint64_t> ids;
    for (const auto& origin :
         {first, origin_of(web, "blue", 1), origin_of(web, "red", 0),
          origin_of(group("db", "blue", web.rules), "blue", 0), origin_of(acl("web", "blue", {web.rules[0]}), 0),
          origin_of_members(web, "blue", Direction::Ingress), origin_of_members(web, "blue", Direction::Egress)})
        ids.insert(rule_id(origin));
    CHECK(ids.size() == 7);
}

TEST_CASE("all rules of a document are told, those between members too")
{
    SecurityGroup web = group("web", "blue", {allow_in("tcp", "80"), allow_out("udp")});
    CHECK(rules_of(web, "blue").size() == 4);
    CHECK(rules_of(web, "blue")[1] == origin_of(web, "blue", 1));
    CHECK(rules_of(web, "blue")[3] == origin_of_members(web, "blue", Direction::Egress));

    web.isolated = true;
    CHECK(rules_of(web, "blue").size() == 2);
    CHECK(rules_of(acl("border", "blue", {allow_in("tcp", "80")})).size() == 1);
}

} // namespace vpcd
