// Whatever becomes of groups and their members: the rows decide as the documents say, and who was let through under a
// generation is let through for as long as that lasts.
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "model/rules.h"
#include "plan/planned.h"
#include "unit/plan/rules.h"
#include "unit/plan/rules_by_hand.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

constexpr unsigned kCards = 8;
constexpr unsigned kAddresses = 10;

std::string address_of(unsigned number)
{
    return "10.0.1." + std::to_string(10 + number);
}

class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}

    unsigned roll(unsigned sides) { return std::uniform_int_distribution<unsigned>{0, sides - 1}(random_); }
    std::string group_name() { return "group-" + std::to_string(roll(3)); }

    // The first three cards are here, others not.
    Interface card()
    {
        const auto number = roll(kCards);
        auto value = interface("card-" + std::to_string(number), "web", address_of(roll(kAddresses)),
                               number < 3 ? "node-a" : "node-b");
        for (unsigned i = roll(3); i > 0; --i)
            value.security_groups.push_back(group_name());
        return value;
    }

    SecurityGroup rules()
    {
        auto value = group(group_name(), "blue", {});
        value.isolated = roll(2);
        value.egress_default = roll(2) ? RulePolicy::Allow : RulePolicy::Drop;
        for (unsigned i = roll(5); i > 0; --i)
            value.rules.push_back(rule());
        return value;
    }

    PrefixList list()
    {
        PrefixList value{"list", {}};
        for (unsigned i = 0; i <= roll(2); ++i)
            value.prefixes.push_back(Prefix::of(address(address_of(roll(kAddresses))), 28 + i));
        return value;
    }

    AnyResource resource()
    {
        const auto what = roll(10);
        if (what == 0)
            return list();
        if (what < 4)
            return rules();
        return card();
    }

private:
    SecurityGroupRule rule()
    {
        auto value = allow_in(roll(2) ? "tcp" : "all");
        value.direction = roll(2) ? Direction::Ingress : Direction::Egress;
        value.policy = roll(2) ? RulePolicy::Allow : RulePolicy::Drop;
        value.priority = 1 + roll(3);
        if (roll(2))
            value.peer.group = group_name();
        else if (roll(2))
            value.peer.prefix_list = "list";
        return value;
    }

    std::mt19937 random_;
};

struct Decision {
    std::uint64_t rule;
    std::uint32_t verdict;

    bool operator==(const Decision&) const = default;
};

// A card, about a connection with a peer.
struct Asked {
    std::string card;
    Direction direction;
    Question question;
};

Decision by_hand(const World& world, const Asked& asked)
{
    const auto& card = *world.model.find<Interface>(asked.card);
    const auto rules =
        ordered_rules(world.model, *world.model.vpc_of(card), group_names(card, "blue"), asked.direction);
    if (const auto index = first_match(rules.rules, asked.question)) {
        const auto& rule = rules.rules[*index];
        return {rule_id(rule.origin), rule.rule.policy == RulePolicy::Allow ? RULE_VERDICT_ALLOW : RULE_VERDICT_DROP};
    }
    return rules.otherwise == RulePolicy::Allow ? Decision{RULE_ID_OTHERWISE_ALLOW, RULE_VERDICT_ALLOW}
                                                : Decision{RULE_ID_OTHERWISE_DROP, RULE_VERDICT_DROP};
}

Decision by_rows(const World& world, const Asked& asked)
{
    const auto* local = world.local(asked.card);
    const auto* peer = find_row(world.planner.tables().endpoints, endpoint_key_of(100, asked.question.peer));
    const PolicyRows rows{world.planner.tables(),
                          asked.direction == Direction::Ingress ? local->ingress_policy : local->egress_policy};
    const auto [rule, verdict] = rows.decide(asked.question, peer ? peer->group_set : 0);
    return {rule, verdict};
}

std::vector<Asked> all_questions(const World& world)
{
    std::map<Address, std::vector<std::string>> members;
    for (const auto& [name, entry] : world.model.all<Interface>())
        if (entry.value.subnet == "web")
            members[entry.value.address] = group_names(entry.value, "blue");
    std::vector<Asked> asked;
    for (unsigned card = 0; card < 3; ++card) {
        const auto name = "card-" + std::to_string(card);
        if (!world.local(name))
            continue;
        for (unsigned i = 0; i < kAddresses; ++i)
            for (const auto direction : {Direction::Ingress, Direction::Egress})
                for (const std::uint8_t protocol : {IPPROTO_TCP, IPPROTO_UDP}) {
                    const auto peer = address(address_of(i));
                    asked.push_back({name, direction, {protocol, 80, peer, members[peer]}});
                }
    }
    return asked;
}

// Connections that were let through, by the generation they were let through under.
class Memory {
public:
    void see(const World& world, const Asked& asked, bool is_allowed)
    {
        const auto* local = world.local(asked.card);
        const auto key = std::tuple(world.planner.local_interface(asked.card)->id, local->generation, asked.direction,
                                    asked.question.protocol, asked.question.peer);
        if (is_allowed)
            allowed_.insert(key);
        else
            CHECK_FALSE(allowed_.contains(key));
    }

    std::size_t size() const { return allowed_.size(); }

private:
    std::set<std::tuple<std::uint32_t, std::uint32_t, Direction, std::uint8_t, Address>> allowed_;
};

bool try_change(World& world, Dice& dice)
{
    const AnyResource resource = dice.resource();
    const ResourceId id = id_of(resource);
    const auto old = world.model.get(id);
    if (dice.roll(5) == 0)
        world.remove(id);
    else
        world.put(resource);
    if (check(world.model, {id}, Quotas{}).empty())
        return true;
    if (old)
        world.put(*old);
    else
        world.remove(id);
    return false;
}

World base()
{
    World world;
    world.put(host("node-a", "192.0.2.1")).put(host("node-b", "192.0.2.2"));
    world.put(vpc("blue", 100)).put(subnet("web", "blue", "10.0.1.0/24"));
    world.put(PrefixList{"list", {prefix("10.0.1.0/28")}});
    for (unsigned i = 0; i < 3; ++i)
        world.put(group("group-" + std::to_string(i), "blue", {}));
    for (unsigned i = 0; i < kCards; ++i)
        world.put(interface("card-" + std::to_string(i), "web", address_of(i), i < 3 ? "node-a" : "node-b"));
    return world;
}

} // namespace

TEST_CASE("rows decide as the documents do, and nobody is denied what his generation was allowed")
{
    std::size_t allowed = 0;
    std::size_t changes = 0;
    for (const unsigned seed : {1u, 2u, 3u, 5u}) {
        INFO("seed " << seed);
        Dice dice{seed};
        World world = base();
        Memory memory;
        for (unsigned step = 0; step < 250; ++step) {
            INFO("step " << step);
            for (unsigned i = dice.roll(3); i > 0; --i)
                changes += try_change(world, dice);
            if (dice.roll(40) == 0)
                world.restart();

            REQUIRE(world.plan().errors.empty());

            for (const auto& asked : all_questions(world)) {
                const auto decision = by_rows(world, asked);
                REQUIRE(decision == by_hand(world, asked));
                memory.see(world, asked, decision.verdict == RULE_VERDICT_ALLOW);
            }
        }
        allowed += memory.size();
    }

    CHECK(changes > 400);
    CHECK(allowed > 5'000);
}

} // namespace vpcd
