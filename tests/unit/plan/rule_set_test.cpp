// A rule set answers as its rules would, asked one after another.
#include "plan/rule_set.h"

#include <random>

#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "unit/plan/rules_by_hand.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

OrderedRule ordered(AccessRule rule, std::vector<Prefix> blocks = {})
{
    OrderedRule value{.origin = {.document = {SecurityGroup::kKind, "web"}, .vpc = "blue", .index = 0},
                      .rule = std::move(rule),
                      .blocks = std::move(blocks)};
    value.origin.text = to_string(value.rule);
    return value;
}

AccessRule tcp(std::vector<PortRange> ports = {})
{
    AccessRule rule;
    rule.protocol = {IPPROTO_TCP};
    rule.ports = std::move(ports);
    return rule;
}

RuleSet compiled(std::vector<OrderedRule> rules)
{
    return compile({.vni = 100, .otherwise = RulePolicy::Drop, .rules = std::move(rules)}).value();
}

// Few values that are near each other, so that rules meet often.
class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}

    unsigned roll(unsigned sides) { return std::uniform_int_distribution<unsigned>{0, sides - 1}(random_); }

    std::vector<OrderedRule> rules(unsigned most)
    {
        std::vector<OrderedRule> list;
        for (unsigned i = roll(most + 1); i > 0; --i)
            list.push_back(rule());
        return list;
    }

    // Mostly at the edges of what rules are about.
    Question question(const std::vector<OrderedRule>& rules)
    {
        Question asked{protocol(), port(), address(), groups()};
        if (rules.empty())
            return asked;
        const auto& [origin, rule, blocks] = rules[roll(static_cast<unsigned>(rules.size()))];
        if (rule.protocol.number && roll(4))
            asked.protocol = *rule.protocol.number;
        if (!rule.ports.empty() && roll(2)) {
            const auto& range = rule.ports[roll(static_cast<unsigned>(rule.ports.size()))];
            asked.port = static_cast<std::uint16_t>((roll(2) ? range.first : range.last) + roll(3) - 1);
        }
        if (rule.icmp_type && roll(2))
            asked.port = static_cast<std::uint16_t>(*rule.icmp_type << 8 | rule.icmp_code.value_or(roll(256)));
        if (!blocks.empty() && roll(2)) {
            const auto& block = blocks[roll(static_cast<unsigned>(blocks.size()))];
            asked.peer = offset(roll(2) ? block.address() : block.last(), static_cast<int>(roll(3)) - 1);
        }
        return asked;
    }

    std::uint16_t port() { return static_cast<std::uint16_t>(roll(4) ? roll(64) : roll(0x10000)); }

    PortRange range()
    {
        const auto one = port();
        const auto other = roll(2) ? one : port();
        return {std::min(one, other), std::max(one, other)};
    }

    Prefix block()
    {
        return Prefix::of(Address::v4(0x0a000000 + (roll(4) << 22) + roll(64)), roll(4) ? 24 + roll(9) : roll(33));
    }

private:
    std::uint8_t protocol()
    {
        static constexpr std::uint8_t kSome[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE, 0, 255};
        return kSome[roll(6)];
    }
    Address address() { return Address::v4(0x0a000000 + (roll(4) << 22) + roll(128)); }
    std::string group() { return std::string(1, static_cast<char>('a' + roll(4))); }
    std::vector<std::string> groups()
    {
        std::set<std::string> some;
        for (unsigned i = roll(4); i > 0; --i)
            some.insert(group());
        return {some.begin(), some.end()};
    }

    OrderedRule rule()
    {
        AccessRule value;
        value.policy = roll(2) ? RulePolicy::Allow : RulePolicy::Drop;
        if (roll(4))
            value.protocol = {protocol()};
        if (value.protocol.number == IPPROTO_TCP || value.protocol.number == IPPROTO_UDP)
            for (unsigned i = roll(4); i > 0; --i)
                value.ports.push_back(range());
        if (value.protocol.number == IPPROTO_ICMP && roll(3)) {
            value.icmp_type = roll(12);
            if (roll(2))
                value.icmp_code = roll(4);
        }
        std::vector<Prefix> blocks;
        switch (roll(4)) {
        case 0:
            break;
        case 1:
            value.peer.group = group();
            break;
        case 2:
            value.peer.cidr = block();
            blocks = {*value.peer.cidr};
            break;
        default:
            value.peer.prefix_list = "some";
            for (unsigned i = 1 + roll(6); i > 0; --i)
                blocks.push_back(block());
        }
        return ordered(std::move(value), std::move(blocks));
    }

    std::mt19937 random_;
};

void check_alike(const std::vector<OrderedRule>& rules, const std::vector<Question>& questions)
{
    const RuleSet set = compiled(rules);
    const CompiledRules tables{set};
    for (const auto& question : questions) {
        const auto expected = first_match(rules, question);
        const auto found = tables.first_match(question);
        if (expected == found)
            continue;
        for (const auto& rule : rules)
            UNSCOPED_INFO(rule.origin.text);
        UNSCOPED_INFO("protocol " << unsigned{question.protocol} << " port " << question.port << " peer "
                                  << to_string(question.peer));
        REQUIRE(expected == found);
    }
}

} // namespace

TEST_CASE("a compiled rule set decides as its rules asked one after another")
{
    Dice dice{1};
    unsigned decided = 0;
    for (unsigned i = 0; i < 3000; ++i) {
        INFO("rule set " << i);
        const auto rules = dice.rules(i % 3 == 0 ? 80 : 8);
        std::vector<Question> questions;
        for (unsigned j = 0; j < 50; ++j)
            questions.push_back(dice.question(rules));

        check_alike(rules, questions);

        for (const auto& question : questions)
            decided += first_match(rules, question).has_value();
    }
    CHECK(decided > 50'000);
    CHECK(decided < 140'000);
}

TEST_CASE("1,024 rules with 100 blocks each and 1,000 ports among them are exact")
{
    Dice dice{2};
    std::vector<OrderedRule> rules;
    for (unsigned i = 0; i < VPCD_RULES; ++i) {
        const auto port = static_cast<std::uint16_t>(7 * (i % 1000));
        std::vector<Prefix> blocks;
        for (unsigned j = 0; j < 100; ++j)
            blocks.push_back(Prefix::of(Address::v4(dice.roll(~0u)), 8 + dice.roll(25)));
        auto rule = tcp({{port, port}, dice.range()});
        rule.peer.prefix_list = "some";
        rules.push_back(ordered(std::move(rule), std::move(blocks)));
    }
    std::vector<Question> questions;
    for (unsigned i = 0; i < 300; ++i)
        questions.push_back(dice.question(rules));

    check_alike(rules, questions);
}

TEST_CASE("a rule beyond what a set holds is refused, with the number of rules")
{
    std::vector<OrderedRule> rules(VPCD_RULES, ordered(tcp()));
    OrderedRule members{
        .origin = {.document = {SecurityGroup::kKind, "web"}, .vpc = "blue"}, .rule = {}, .blocks = {}};
    members.rule.peer.group = "web";
    rules.insert(rules.end(), 5, members);
    REQUIRE(compile({.vni = 100, .otherwise = RulePolicy::Drop, .rules = rules}).has_value());

    rules.push_back(ordered(tcp()));
    const auto refused = compile({.vni = 100, .otherwise = RulePolicy::Drop, .rules = rules});

    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().sentence() == "1030 rules decide together in one direction; 1024 can");
}

TEST_CASE("a range of ports is as few rows as tries can have it in, and what a wider row says is not repeated")
{
    const auto lengths = [](const RuleSet& set) {
        std::vector<unsigned> found;
        for (const auto& [key, bits] : set.ports)
            found.push_back(key.prefix_len - RULE_PORT_PREFIX_FIXED);
        std::ranges::sort(found);
        return found;
    };
    struct Row {
        const char* name;
        std::vector<PortRange> ports;
        std::vector<unsigned> lengths; // 0: any protocol, 8: any port
    };
    const Row rows[] = {
        {"any port", {}, {0, 8}},
        {"one", {{80, 80}}, {0, 24}},
        {"a block of 4,096", {{4096, 8191}}, {0, 12}},
        {"neighbours", {{0, 127}, {128, 255}}, {0, 16}},
        {"the same twice", {{80, 80}, {80, 80}}, {0, 24}},
        {"one within another", {{0, 255}, {80, 80}}, {0, 16}},
        {"1 to 6", {{1, 6}}, {0, 23, 23, 24, 24}},
        {"all, in two parts", {{0, 1000}, {1001, 65535}}, {0, 8}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        CHECK(lengths(compiled({ordered(tcp(row.ports))})) == row.lengths);
    }
}

TEST_CASE("rows of peers hold the rules of all blocks around them")
{
    AccessRule to_block;
    to_block.peer.cidr = prefix("10.0.0.0/8");
    AccessRule to_smaller_block;
    to_smaller_block.peer.cidr = prefix("10.1.0.0/16");

    const auto set = compiled({ordered(AccessRule{}), ordered(to_block, {*to_block.peer.cidr}),
                               ordered(to_smaller_block, {*to_smaller_block.peer.cidr})});

    REQUIRE(set.peers.size() == 3);
    CHECK(set.peers[0].first.prefix_len == RULE_PEER_PREFIX_FIXED);
    CHECK(set.peers[0].second.word[0] == 0b001);
    CHECK(set.peers[1].first.prefix_len == RULE_PEER_PREFIX_FIXED + 96 + 8);
    CHECK(set.peers[1].second.word[0] == 0b011);
    CHECK(set.peers[2].first.prefix_len == RULE_PEER_PREFIX_FIXED + 96 + 16);
    CHECK(set.peers[2].second.word[0] == 0b111);
}

TEST_CASE("contents tell sets apart by every row they have")
{
    const auto content = [](OrderedRules rules) { return content_of(compile(rules).value()); };
    const OrderedRules rules{.vni = 100, .otherwise = RulePolicy::Drop, .rules = {ordered(tcp({{80, 80}}))}};
    const auto changed = [&](auto change) {
        OrderedRules other = rules;
        change(other);
        return content(other);
    };

    CHECK(changed([](OrderedRules&) {}) == content(rules));
    CHECK(changed([](OrderedRules& other) { other.vni = 101; }) != content(rules));
    CHECK(changed([](OrderedRules& other) { other.otherwise = RulePolicy::Allow; }) != content(rules));
    CHECK(changed([](OrderedRules& other) { other.rules.clear(); }) != content(rules));
    CHECK(changed([](OrderedRules& other) { other.rules[0].rule.policy = RulePolicy::Drop; }) != content(rules));
    CHECK(changed([](OrderedRules& other) { other.rules[0].rule.ports = {{81, 81}}; }) != content(rules));
    CHECK(changed([](OrderedRules& other) { other.rules[0].rule.peer.cidr = prefix("10.0.0.0/8"); }) !=
          content(rules));
    CHECK(changed([](OrderedRules& other) { other.rules[0].origin.text = "something else"; }) != content(rules));
}

} // namespace vpcd
