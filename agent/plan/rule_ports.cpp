// Rules by protocol and port. A range of ports is cut into blocks of 2^n that begin at multiples of their size, as
// tries have them; so is what a type of ICMP has of codes.
#include <limits>

#include "plan/rule_bits.h"
#include "plan/rule_set.h"

namespace vpcd {

namespace {

constexpr unsigned kPortBits = 16;

struct PortBlock {
    std::uint16_t first = 0;
    std::uint8_t length = 0; // bits that all its ports have in common

    std::uint32_t size() const { return 1u << (kPortBits - length); }
    bool contains(const PortBlock& other) const
    {
        return length <= other.length && first <= other.first &&
               static_cast<std::uint32_t>(other.first - first) < size();
    }
    friend auto operator<=>(const PortBlock&, const PortBlock&) = default;
};

// Sorted, without overlaps or neighbours: what a rule matches is one block wherever it can be.
std::vector<PortRange> merged(std::vector<PortRange> ranges)
{
    std::ranges::sort(ranges);
    std::vector<PortRange> apart;
    for (const auto& range : ranges)
        if (!apart.empty() && range.first <= apart.back().last + 1u)
            apart.back().last = std::max(apart.back().last, range.last);
        else
            apart.push_back(range);
    return apart;
}

std::vector<PortRange> ranges_of(const AccessRule& rule)
{
    constexpr auto kLastPort = std::numeric_limits<std::uint16_t>::max();
    if (rule.icmp_type) {
        const auto type = static_cast<std::uint16_t>(*rule.icmp_type << 8);
        const auto first = static_cast<std::uint16_t>(type | rule.icmp_code.value_or(0));
        return {{first, static_cast<std::uint16_t>(type | rule.icmp_code.value_or(0xff))}};
    }
    return rule.ports.empty() ? std::vector<PortRange>{{0, kLastPort}} : merged(rule.ports);
}

void cut(const PortRange& range, auto&& act)
{
    for (std::uint32_t first = range.first; first <= range.last;) {
        PortBlock block{static_cast<std::uint16_t>(first), kPortBits};
        while (block.length > 0) {
            const PortBlock larger{block.first, static_cast<std::uint8_t>(block.length - 1)};
            if (first % larger.size() != 0 || first + larger.size() - 1 > range.last)
                break;
            block = larger;
        }
        act(block);
        first += block.size();
    }
}

::rule_port_key key_of(std::uint8_t protocol, const PortBlock& block)
{
    return {.prefix_len = RULE_PORT_PREFIX_FIXED + 8u + block.length,
            .rule_set = 0,
            .protocol = protocol,
            .port = {static_cast<__u8>(block.first >> 8), static_cast<__u8>(block.first & 0xff)},
            .pad = 0};
}

} // namespace

RulePorts rule_ports(const std::vector<OrderedRule>& rules)
{
    RulePorts rows;
    if (rules.empty())
        return rows;
    ::rule_bits any_protocol{};
    std::map<std::uint8_t, BlockRules<PortBlock>> protocols;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const AccessRule& rule = rules[i].rule;
        if (!rule.protocol.number) {
            add_rule(any_protocol, i);
            continue;
        }
        auto& matches = protocols[*rule.protocol.number];
        for (const auto& range : ranges_of(rule))
            cut(range, [&](const PortBlock& block) { matches.emplace_back(block, i); });
    }

    rows.push_back(
        {{.prefix_len = RULE_PORT_PREFIX_FIXED, .rule_set = 0, .protocol = 0, .port = {}, .pad = 0}, any_protocol});
    for (auto& [protocol, matches] : protocols)
        for (const auto& [block, bits] : nested_blocks(std::move(matches), any_protocol))
            rows.emplace_back(key_of(protocol, block), bits);
    std::ranges::sort(rows, ByBytes{}, &RulePorts::value_type::first);
    return rows;
}

} // namespace vpcd
