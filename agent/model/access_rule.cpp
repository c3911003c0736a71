#include "model/access_rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <vpcd/abi/limits.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr unsigned kLargestIcmp = 255;

void check_ports(const std::string& path, const AccessRule& rule, RuleContext& context)
{
    const auto protocol = rule.protocol.number;
    if (!rule.ports.empty() && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        context.report(path + ".ports", fmt::format("'ports' needs protocol tcp or udp; the protocol is {}",
                                                    to_string(rule.protocol)));
}

void check_icmp_number(const std::string& path, std::string_view key, std::optional<unsigned> number,
                       RuleContext& context)
{
    if (number && *number > kLargestIcmp)
        context.report(fmt::format("{}.{}", path, key),
                       fmt::format("'{}' is 0 to {}; here it is {}", key, kLargestIcmp, *number));
}

void check_icmp(const std::string& path, const AccessRule& rule, RuleContext& context)
{
    if ((rule.icmp_type || rule.icmp_code) && rule.protocol.number != IPPROTO_ICMP) {
        const std::string_view key = rule.icmp_type ? "icmpType" : "icmpCode";
        context.report(fmt::format("{}.{}", path, key),
                       fmt::format("'{}' needs protocol icmp; the protocol is {}", key, to_string(rule.protocol)));
    } else if (rule.icmp_code && !rule.icmp_type) {
        context.report(path + ".icmpCode", "'icmpCode' needs 'icmpType': each type has codes of its own (RFC 792)");
    }
    check_icmp_number(path, "icmpType", rule.icmp_type, context);
    check_icmp_number(path, "icmpCode", rule.icmp_code, context);
}

void check_peer(const std::string& path, const Peer& peer, RuleContext& context)
{
    std::vector<std::string_view> members;
    if (peer.cidr)
        members.emplace_back("cidr");
    if (!peer.group.empty())
        members.emplace_back("group");
    if (!peer.prefix_list.empty())
        members.emplace_back("prefixList");
    if (members.size() > 1)
        context.report(path, fmt::format("a peer is one of 'cidr', 'group' and 'prefixList'; here are {}",
                                         fmt::join(members, " and ")));
    if (peer.cidr)
        context.check_family(path + ".cidr", *peer.cidr);
}

} // namespace

void check_rule_counts(std::string_view path, std::string_view owner, const RuleCounts& counts, RuleContext& context)
{
    for (const auto& [word, direction] : names(Direction{}))
        if (counts.of(direction) > VPCD_RULES)
            context.report(path, fmt::format("{} has {} {} rules; there may be {} in one direction", owner,
                                             counts.of(direction), word, VPCD_RULES));
}

void check_access_rule(const std::string& path, const AccessRule& rule, RuleContext& context)
{
    check_ports(path, rule, context);
    check_icmp(path, rule, context);
    check_peer(path + ".peer", rule.peer, context);
}

} // namespace vpcd
