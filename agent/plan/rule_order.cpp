#include "plan/rule_order.h"

#include <algorithm>
#include <tuple>

namespace vpcd {

namespace {

// A rule in its place: what comes before decides before.
struct Place {
    unsigned priority;
    bool allows; // at one priority those that drop come first
    const SecurityGroup* group;
    std::size_t index;

    auto rank() const { return std::tie(priority, allows, group->name, index); }
};

const SecurityGroup* find_group(const Model& model, const std::string& name)
{
    const auto* builtin = builtin_group(name);
    return builtin ? builtin : model.find<SecurityGroup>(name);
}

std::vector<Prefix> blocks_of(const Model& model, const Peer& peer)
{
    if (peer.cidr)
        return {*peer.cidr};
    const auto* list = peer.prefix_list.empty() ? nullptr : model.find<PrefixList>(peer.prefix_list);
    return list ? list->prefixes : std::vector<Prefix>{};
}

OrderedRule members_rule(const SecurityGroup& group, const std::string& vpc, Direction direction)
{
    OrderedRule members{.origin = origin_of_members(group, vpc, direction), .rule = {}, .blocks = {}};
    members.rule.direction = direction;
    members.rule.peer.group = group.name;
    return members;
}

} // namespace

OrderedRules ordered_rules(const Model& model, const Vpc& vpc, const std::vector<std::string>& groups,
                           Direction direction)
{
    OrderedRules ordered{.vni = vpc.vni, .otherwise = RulePolicy::Allow, .rules = {}};
    std::vector<Place> places;
    std::vector<const SecurityGroup*> open_among_members;
    if (direction == Direction::Ingress)
        ordered.otherwise = RulePolicy::Drop;
    for (const auto& name : groups) {
        const auto* group = find_group(model, name);
        if (!group || group->egress_default == RulePolicy::Drop)
            ordered.otherwise = RulePolicy::Drop;
        if (!group)
            continue;
        for (std::size_t i = 0; i < group->rules.size(); ++i)
            if (const auto& rule = group->rules[i]; rule.direction == direction)
                places.push_back({rule.priority, rule.policy == RulePolicy::Allow, group, i});
        if (!group->isolated)
            open_among_members.push_back(group);
    }
    std::ranges::sort(places, {}, &Place::rank);

    for (const auto& [priority, allows, group, index] : places)
        ordered.rules.push_back(
            {origin_of(*group, vpc.name, index), group->rules[index], blocks_of(model, group->rules[index].peer)});
    for (const auto* group : open_among_members)
        ordered.rules.push_back(members_rule(*group, vpc.name, direction));
    return ordered;
}

OrderedRules ordered_rules(const Model& model, const Vpc& vpc, const std::string& acl, Direction direction)
{
    OrderedRules ordered{.vni = vpc.vni, .otherwise = RulePolicy::Drop, .rules = {}};
    const auto* found = model.find<NetworkAcl>(acl);
    for (std::size_t i = 0; found && i < found->rules.size(); ++i)
        if (const auto& rule = found->rules[i]; rule.direction == direction)
            ordered.rules.push_back({origin_of(*found, i), rule, blocks_of(model, rule.peer)});
    return ordered;
}

} // namespace vpcd
