// Groups without a document, and which ones an interface is in.
#include "model/security_group.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

namespace {

std::vector<std::string> rules_of(const SecurityGroup& group)
{
    std::vector<std::string> texts;
    for (const auto& rule : group.rules)
        texts.push_back(to_string(rule));
    return texts;
}

} // namespace

TEST_CASE("the default groups let in ICMP and a few TCP ports, everything out, and members to each other")
{
    const auto* first = builtin_group("default-1");
    const auto* second = builtin_group("default-2");
    REQUIRE(first);
    REQUIRE(second);

    CHECK(rules_of(*first) == std::vector<std::string>{"ingress allow icmp from anybody",
                                                       "ingress allow tcp 22, 80, 443, 3389 from anybody"});
    CHECK(rules_of(*second) ==
          std::vector<std::string>{"ingress allow icmp from anybody", "ingress allow tcp 22, 3389 from anybody"});
    for (const auto* group : {first, second}) {
        CHECK(group->egress_default == RulePolicy::Allow);
        CHECK_FALSE(group->isolated);
        CHECK(group->vpc.empty());
        for (const auto& rule : group->rules)
            CHECK(rule.priority == SecurityGroupRule::kLast);
    }
    CHECK_FALSE(builtin_group("default-3"));
    CHECK_FALSE(builtin_group(""));
}

TEST_CASE("an interface is in the groups it names, sorted, or in the default one of its VPC")
{
    Interface card = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");
    CHECK(group_names(card, "blue") == std::vector<std::string>{"default-1"});
    CHECK(group_names(card, "default") == std::vector<std::string>{"default-2"});

    card.security_groups = {"web", "admin", "default-2"};

    CHECK(group_names(card, "blue") == std::vector<std::string>{"admin", "default-2", "web"});
}

TEST_CASE("rules are counted by direction")
{
    SecurityGroup group;
    group.rules.resize(3);
    group.rules[1].direction = Direction::Egress;

    const auto counts = count_rules(group.rules);

    CHECK(counts.of(Direction::Ingress) == 2);
    CHECK(counts.of(Direction::Egress) == 1);
}

} // namespace vpcd
