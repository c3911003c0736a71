// Rules by protocol and port. What a type of ICMP has of codes is cut into blocks like a range of ports.
#include <limits>

#include "plan/port_blocks.h"
#include "plan/rule_bits.h"
#include "plan/rule_set.h"

namespace vpcd {

namespace {

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
            for_each_block(range, [&](const PortBlock& block) { matches.emplace_back(block, i); });
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
