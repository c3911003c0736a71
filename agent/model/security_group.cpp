#include "model/security_group.h"

#include <algorithm>

#include <fmt/format.h>
#include <netinet/in.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

SecurityGroupRule allow_inbound(std::uint8_t protocol, const std::vector<std::uint16_t>& ports)
{
    SecurityGroupRule rule;
    rule.protocol = {protocol};
    for (const auto port : ports)
        rule.ports.push_back({port, port});
    rule.priority = SecurityGroupRule::kLast; // whatever a document says goes before
    return rule;
}

SecurityGroup builtin(std::string_view name, const std::vector<std::uint16_t>& tcp_ports)
{
    SecurityGroup group;
    group.name = name;
    group.rules = {allow_inbound(IPPROTO_ICMP, {}), allow_inbound(IPPROTO_TCP, tcp_ports)};
    return group;
}

void check_peer_group(const std::string& path, const std::string& name, const SecurityGroup& of, RuleContext& context)
{
    if (builtin_group(name))
        return;
    const auto* peer = context.model().find<SecurityGroup>(name);
    if (peer && peer->vpc != of.vpc)
        context.report(path, fmt::format("security group {} ({}) is in VPC {}, not in {}; a peer is a group of the "
                                         "same VPC, and others are named by 'cidr'",
                                         peer->name, context.place(id_of(*peer)), peer->vpc, of.vpc));
}

} // namespace

const SecurityGroup* builtin_group(std::string_view name)
{
    static const std::vector<SecurityGroup> kGroups{builtin(SecurityGroup::kDefault1, {22, 80, 443, 3389}),
                                                    builtin(SecurityGroup::kDefault2, {22, 3389})};
    const auto found = std::ranges::find(kGroups, name, &SecurityGroup::name);
    return found == kGroups.end() ? nullptr : &*found;
}

void check(const SecurityGroup& group, RuleContext& context)
{
    if (builtin_group(group.name))
        context.report("name", fmt::format("every VPC has a security group {} of its own; give this one another name",
                                           group.name));
    check_rule_counts("rules", "security group " + group.name, count_rules(group.rules), context);
    for (std::size_t i = 0; i < group.rules.size(); ++i) {
        const auto& rule = group.rules[i];
        const auto path = fmt::format("rules[{}]", i);
        check_access_rule(path, rule, context);
        check_peer_group(path + ".peer.group", rule.peer.group, group, context);
        if (rule.priority < SecurityGroupRule::kFirst || rule.priority > SecurityGroupRule::kLast)
            context.report(path + ".priority", fmt::format("priority {} is not in {} to {}; {} decides first",
                                                           rule.priority, SecurityGroupRule::kFirst,
                                                           SecurityGroupRule::kLast, SecurityGroupRule::kFirst));
    }
}

Claims claims(const SecurityGroup&, const Model&)
{
    return {};
}

} // namespace vpcd
