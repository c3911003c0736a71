// Rules by the address of the peer.
#include "plan/rule_bits.h"
#include "plan/rule_set.h"

namespace vpcd {

RulePeers rule_peers(const std::vector<OrderedRule>& rules)
{
    ::rule_bits about_anybody{};
    BlockRules<Prefix> matches;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].is_about_anybody())
            add_rule(about_anybody, i);
        for (const auto& block : rules[i].blocks)
            matches.emplace_back(block, i);
    }

    RulePeers rows;
    if (!is_empty(about_anybody))
        rows.push_back({{.prefix_len = RULE_PEER_PREFIX_FIXED, .rule_set = 0, .address = {}}, about_anybody});
    for (const auto& [block, bits] : nested_blocks(std::move(matches), about_anybody))
        rows.push_back({{.prefix_len = RULE_PEER_PREFIX_FIXED + block.mapped_length(),
                         .rule_set = 0,
                         .address = block.address().abi()},
                        bits});
    std::ranges::sort(rows, ByBytes{}, &RulePeers::value_type::first);
    return rows;
}

} // namespace vpcd
