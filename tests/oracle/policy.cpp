#include "policy.h"

#include <algorithm>
#include <tuple>

#include "frame.h"

namespace vpcd::oracle {
namespace {

bool matches_peer(const World& world, const std::string& cloud, const Rule& rule, Ipv4 peer)
{
    if (rule.peer_blocks)
        return std::ranges::any_of(*rule.peer_blocks, [&](const Block& block) { return block.contains(peer); });
    if (rule.peer_group.empty())
        return true;
    const auto* owner = world.owner(cloud, peer);
    return owner && std::ranges::find(owner->groups, rule.peer_group) != owner->groups.end();
}

bool matches_protocol(const Rule& rule, const Question& question)
{
    if (rule.protocol && *rule.protocol != question.protocol)
        return false;
    if (rule.icmp_type && *rule.icmp_type != question.icmp_type)
        return false;
    if (rule.icmp_code && *rule.icmp_code != question.icmp_code)
        return false;
    return rule.ports.empty() || std::ranges::any_of(rule.ports, [&](const PortRange& range) {
               return range.first <= question.port && question.port <= range.last;
           });
}

struct Candidate {
    const Group* group;
    std::size_t place; // in the document
    const Rule* rule;
};

// In the order in which they decide.
std::vector<Candidate> rules_of(const Cloud& cloud, const Card& card, Direction direction)
{
    std::vector<Candidate> rules;
    for (const auto& name : card.groups) {
        const auto& group = cloud.groups.at(name);
        for (std::size_t i = 0; i < group.rules.size(); i++)
            if (group.rules[i].direction == direction)
                rules.push_back({&group, i, &group.rules[i]});
    }
    std::ranges::sort(rules, {}, [](const Candidate& each) {
        return std::tuple(each.rule->priority, each.rule->allows, each.group->name, each.place);
    });
    return rules;
}

} // namespace

Decision ask_groups(const World& world, const Card& card, Direction direction, const Question& question)
{
    const auto& cloud = world.clouds.at(card.vpc);
    for (const auto& [group, place, rule] : rules_of(cloud, card, direction))
        if (matches_protocol(*rule, question) && matches_peer(world, card.vpc, *rule, question.peer))
            return {rule->allows, "SecurityGroup " + group->name + ": " + rule->text};

    auto names = card.groups;
    std::ranges::sort(names);
    const auto* owner = world.owner(card.vpc, question.peer);
    for (const auto& name : names)
        if (owner && !cloud.groups.at(name).is_isolated &&
            std::ranges::find(owner->groups, name) != owner->groups.end())
            return {true, "SecurityGroup " + name +
                              (direction == Direction::Ingress ? ": ingress members" : ": egress members")};

    const bool drops = direction == Direction::Ingress || std::ranges::any_of(names, [&](const std::string& name) {
                           return cloud.groups.at(name).drops_outbound;
                       });
    return {!drops, kOtherwise};
}

Decision ask_acl(const World& world, const Cloud& cloud, const Subnet& subnet, Direction direction,
                 const Question& question)
{
    const auto& acl = cloud.acls.at(subnet.acl);
    for (const auto& rule : acl.rules)
        if (rule.direction == direction && matches_protocol(rule, question) &&
            matches_peer(world, cloud.name, rule, question.peer))
            return {rule.allows, "NetworkAcl " + acl.name + ": " + rule.text};
    return {false, kOtherwise};
}

} // namespace vpcd::oracle
