// Rules asked one after another, and the tables asked as the kernel asks them: what must come to the same.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/rule_bits.h"
#include "plan/rule_set.h"
#include "plan/tables.h"

namespace vpcd::test {

// What a rule is asked about. `port` is that of the destination; of ICMP, the type and the code.
struct Question {
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
    Address peer;
    std::vector<std::string> peer_groups;
};

inline bool matches_port(const AccessRule& rule, const Question& question)
{
    if (rule.icmp_type && *rule.icmp_type != question.port >> 8u)
        return false;
    if (rule.icmp_code && *rule.icmp_code != (question.port & 0xffu))
        return false;
    return rule.ports.empty() || std::ranges::any_of(rule.ports, [&](const PortRange& range) {
               return range.first <= question.port && question.port <= range.last;
           });
}

inline bool matches(const OrderedRule& ordered, const Question& question)
{
    const AccessRule& rule = ordered.rule;
    if (rule.protocol.number && *rule.protocol.number != question.protocol)
        return false;
    if (!matches_port(rule, question))
        return false;
    if (rule.peer == Peer{})
        return true;
    if (!rule.peer.group.empty())
        return std::ranges::find(question.peer_groups, rule.peer.group) != question.peer_groups.end();
    return std::ranges::any_of(ordered.blocks, [&](const Prefix& block) { return block.contains(question.peer); });
}

// The number of the rule that decides; empty: none does.
inline std::optional<std::size_t> first_match(const std::vector<OrderedRule>& rules, const Question& question)
{
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (matches(rules[i], question))
            return i;
    return std::nullopt;
}

// Longest prefix among rows whose keys are `prefix_len` and so many bits behind the first `fixed` ones.
template <typename Key>
class Trie {
public:
    explicit Trie(const std::vector<std::pair<Key, ::rule_bits>>& rows)
    {
        for (const auto& [key, bits] : rows) {
            rows_.emplace(key, bits);
            lengths_.insert(key.prefix_len);
        }
    }

    // nullptr: no row.
    const ::rule_bits* find(const Key& whole) const
    {
        for (const auto length : lengths_)
            if (const auto* bits = find_row(rows_, cut(whole, length)))
                return bits;
        return nullptr;
    }

private:
    static Key cut(Key key, std::uint32_t length)
    {
        key.prefix_len = length;
        auto* bytes = reinterpret_cast<std::uint8_t*>(&key) + sizeof(key.prefix_len);
        for (std::uint32_t bit = length; bit < 8 * (sizeof(Key) - sizeof(key.prefix_len)); ++bit)
            bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
        return key;
    }

    Table<Key, ::rule_bits> rows_;
    std::set<std::uint32_t, std::greater<>> lengths_;
};

inline ::rule_peer_key peer_key(const Question& question, std::uint32_t rule_set)
{
    return {.prefix_len = RULE_PEER_PREFIX_MAX, .rule_set = rule_set, .address = question.peer.abi()};
}

inline ::rule_port_key port_key(const Question& question, std::uint32_t rule_set)
{
    return {.prefix_len = RULE_PORT_PREFIX_MAX,
            .rule_set = rule_set,
            .protocol = question.protocol,
            .port = {static_cast<__u8>(question.port >> 8), static_cast<__u8>(question.port & 0xff)},
            .pad = 0};
}

// As bpf/lib/rules.h does it.
class CompiledRules {
public:
    explicit CompiledRules(const RuleSet& set) : set_(set), peers_(set.peers), ports_(set.ports) {}

    std::optional<std::size_t> first_match(const Question& question) const
    {
        const auto* peers = peers_.find(peer_key(question, 0));
        const auto* ports = ports_.find(port_key(question, 0));
        ::rule_bits bits = rules_for_members(set_, question.peer_groups);
        if (peers)
            add_rules(bits, *peers);
        for (std::size_t i = 0; ports && i < kMostRuleBits; ++i)
            if (has_rule(bits, i) && has_rule(*ports, i))
                return i;
        return std::nullopt;
    }

private:
    const RuleSet& set_;
    Trie<::rule_peer_key> peers_;
    Trie<::rule_port_key> ports_;
};

// What a row of `policies` comes to; `question.peer_groups` is not asked, but `group_set`.
class PolicyRows {
public:
    PolicyRows(const Tables& tables, std::uint32_t policy)
        : tables_(tables),
          rule_set_(tables.policies.at(policy).rule_set[0]),
          peers_(rows(tables.rule_peers)),
          ports_(rows(tables.rule_ports))
    {
    }

    // Its id and its verdict, or one of enum rule_id and what is otherwise the verdict.
    std::pair<std::uint64_t, std::uint32_t> decide(const Question& question, std::uint32_t group_set) const
    {
        ::rule_bits bits{};
        if (const auto* peers = peers_.find(peer_key(question, rule_set_)))
            bits = *peers;
        if (const auto* groups = find_row(tables_.rule_groups, {.rule_set = rule_set_, .group_set = group_set}))
            add_rules(bits, *groups);
        const auto* ports = ports_.find(port_key(question, rule_set_));
        for (std::uint32_t i = 0; ports && i < kMostRuleBits; ++i)
            if (has_rule(bits, i) && has_rule(*ports, i)) {
                const auto& rule = tables_.rules.at({.rule_set = rule_set_, .index = i});
                return {rule.id, rule.verdict};
            }
        const auto otherwise = tables_.rule_sets.at(rule_set_).otherwise;
        return {otherwise == RULE_VERDICT_ALLOW ? RULE_ID_OTHERWISE_ALLOW : RULE_ID_OTHERWISE_DROP, otherwise};
    }

private:
    template <typename Key>
    std::vector<std::pair<Key, ::rule_bits>> rows(const Table<Key, ::rule_bits>& table) const
    {
        std::vector<std::pair<Key, ::rule_bits>> found;
        for (const auto& [key, bits] : table)
            if (key.rule_set == rule_set_)
                found.emplace_back(key, bits);
        return found;
    }

    const Tables& tables_;
    std::uint32_t rule_set_;
    Trie<::rule_peer_key> peers_;
    Trie<::rule_port_key> ports_;
};

} // namespace vpcd::test
