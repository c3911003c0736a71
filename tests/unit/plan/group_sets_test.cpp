// Numbers for the sets of groups that interfaces are in.
#include "plan/group_sets.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

namespace {

Interface in(std::vector<std::string> groups)
{
    Interface value;
    value.security_groups = std::move(groups);
    return value;
}

std::string text(const GroupSets& sets, const std::string& vpc, std::uint32_t id)
{
    const auto* set = sets.find(vpc, id);
    return set ? to_string(*set) : "";
}

} // namespace

TEST_CASE("a set has one number in its VPC, in whatever order its groups are named")
{
    GroupSets sets;

    const auto one = sets.acquire("blue", in({"web"}));
    const auto both = sets.acquire("blue", in({"web", "db"}));

    CHECK(one != 0);
    CHECK(both != 0);
    CHECK(one != both);
    CHECK(sets.acquire("blue", in({"db", "web", "db"})) == both);
    CHECK(text(sets, "blue", both) == "db, web");
    CHECK(text(sets, "red", both).empty());
}

TEST_CASE("who names no group is in the default set of the VPC, like those who name it")
{
    GroupSets sets;

    CHECK(sets.acquire("blue", in({})) == sets.acquire("blue", in({"default-1"})));
    CHECK(text(sets, "blue", sets.acquire("blue", in({}))) == "default-1");
    CHECK(text(sets, "default", sets.acquire("default", in({}))) == "default-2");
}

TEST_CASE("a number follows from the names: another agent has the same")
{
    GroupSets first;
    GroupSets second;
    first.acquire("blue", in({"something", "else"}));

    CHECK(first.acquire("blue", in({"web"})) == second.acquire("blue", in({"web"})));
}

TEST_CASE("sets come with their first interface and go with their last, each told once")
{
    GroupSets sets;
    const auto web = sets.acquire("blue", in({"web"}));
    CHECK(sets.come() == std::vector<GroupSets::Place>{{"blue", web}});
    sets.settle();
    CHECK(sets.come().empty());

    sets.acquire("blue", in({"web"}));
    sets.release("blue", web);
    CHECK(sets.gone().empty());

    sets.release("blue", web);
    CHECK(sets.gone() == std::vector<GroupSets::Place>{{"blue", web}});
    CHECK(text(sets, "blue", web) == "web"); // still known
    sets.settle();
    CHECK(sets.gone().empty());
    CHECK(text(sets, "blue", web).empty());
}

TEST_CASE("a set that is back before anybody has noticed has neither come nor gone")
{
    GroupSets sets;
    const auto web = sets.acquire("blue", in({"web"}));
    sets.settle();

    sets.release("blue", web);
    sets.acquire("blue", in({"web"}));
    const auto brief = sets.acquire("blue", in({"db"}));
    sets.release("blue", brief);

    CHECK(sets.come().empty());
    CHECK(sets.gone().empty());
}

TEST_CASE("sets are found by any of their groups, those that are about to go excepted")
{
    GroupSets sets;
    const auto web = sets.acquire("blue", in({"web"}));
    const auto both = sets.acquire("blue", in({"web", "db"}));
    const auto other = sets.acquire("blue", in({"other"}));
    sets.acquire("red", in({"web"}));
    const std::map<std::string, int> wanted{{"web", 0}, {"other", 0}, {"nobody", 0}};

    CHECK(sets.with_any("blue", wanted) == std::set{web, both, other});
    sets.release("blue", other);
    CHECK(sets.with_any("blue", wanted) == std::set{web, both});
    CHECK(sets.with_any("green", wanted).empty());
}

} // namespace vpcd
