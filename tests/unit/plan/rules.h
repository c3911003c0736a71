// Documents about who may talk to whom, in few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/network_acl.h"
#include "model/prefix_list.h"
#include "model/security_group.h"

namespace vpcd::test {

inline SecurityGroupRule rule(Direction direction, RulePolicy policy, std::string_view protocol,
                              std::string_view ports)
{
    SecurityGroupRule value;
    value.direction = direction;
    value.policy = policy;
    value.protocol = IpProtocol::parse(protocol).value();
    if (!ports.empty())
        value.ports = {PortRange::parse(ports).value()};
    return value;
}

// allow_in("tcp", "80"), from anybody
inline SecurityGroupRule allow_in(std::string_view protocol, std::string_view ports = {})
{
    return rule(Direction::Ingress, RulePolicy::Allow, protocol, ports);
}
inline SecurityGroupRule drop_in(std::string_view protocol, std::string_view ports = {})
{
    return rule(Direction::Ingress, RulePolicy::Drop, protocol, ports);
}
inline SecurityGroupRule allow_out(std::string_view protocol, std::string_view ports = {})
{
    return rule(Direction::Egress, RulePolicy::Allow, protocol, ports);
}

inline SecurityGroupRule prior(unsigned priority, SecurityGroupRule value)
{
    value.priority = priority;
    return value;
}
inline SecurityGroupRule from_block(std::string_view cidr, SecurityGroupRule value)
{
    value.peer.cidr = Prefix::parse(cidr).value();
    return value;
}
inline SecurityGroupRule from_group(const std::string& group, SecurityGroupRule value)
{
    value.peer.group = group;
    return value;
}
inline SecurityGroupRule from_list(const std::string& list, SecurityGroupRule value)
{
    value.peer.prefix_list = list;
    return value;
}

inline SecurityGroup group(const std::string& name, const std::string& vpc, std::vector<SecurityGroupRule> rules)
{
    SecurityGroup value;
    value.name = name;
    value.vpc = vpc;
    value.rules = std::move(rules);
    return value;
}

inline NetworkAcl acl(const std::string& name, const std::string& vpc, const std::vector<SecurityGroupRule>& rules)
{
    NetworkAcl value;
    value.name = name;
    value.vpc = vpc;
    value.rules.assign(rules.begin(), rules.end()); // without their priority
    return value;
}

} // namespace vpcd::test
