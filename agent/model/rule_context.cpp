#include "model/rule_context.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "model/overlaps.h"

namespace vpcd {

void RuleContext::report(std::string_view path, std::string sentence)
{
    errors_.push_back(Error::at(origin_->at(path), std::move(sentence)).about(to_string(about_.id())));
}

std::string RuleContext::place(const ResourceId& id, std::string_view path) const
{
    const Origin* origin = model_.origin(id);
    return origin ? to_string(origin->at(path)) : std::string{};
}

bool RuleContext::precedes(const ResourceId& left, const ResourceId& right) const
{
    const auto key = [&](const ResourceId& id) {
        const Origin* origin = model_.origin(id);
        Location where = origin ? origin->at() : Location{};
        return std::tuple{touched_.contains(id) || dependents_.contains(id), std::move(where.file), where.line,
                          where.column, id};
    };
    return key(left) < key(right);
}

const Subnet* RuleContext::overlap(const Subnet& subnet)
{
    auto known = overlaps_.find(subnet.vpc);
    if (known == overlaps_.end())
        known = overlaps_.emplace(subnet.vpc, find_overlaps(subnet.vpc)).first;
    const auto other = known->second.find(subnet.name);
    return other == known->second.end() ? nullptr : model_.find<Subnet>(other->second);
}

RuleContext::Overlaps RuleContext::find_overlaps(const std::string& vpc) const
{
    std::vector<const Subnet*> siblings;
    for (const auto& name : model_.referrers<Subnet>({Vpc::kKind, vpc}))
        siblings.push_back(model_.find<Subnet>(name));

    Overlaps found;
    const auto blame = [&](const Subnet* stays, const Subnet* goes) {
        const auto [entry, is_first] = found.emplace(goes->name, stays->name);
        if (!is_first && precedes(id_of(*stays), {Subnet::kKind, entry->second}))
            entry->second = stays->name;
    };
    for_each_overlap(
        siblings, [](const Subnet* subnet) { return subnet->cidr; },
        [&](const Subnet* around, const Subnet* within) {
            precedes(id_of(*around), id_of(*within)) ? blame(around, within) : blame(within, around);
        });
    return found;
}

std::size_t RuleContext::rank(const RouteTable& table)
{
    auto known = ranks_.find(table.vpc);
    if (known == ranks_.end()) {
        std::vector<ResourceId> custom;
        for (auto& name : model_.referrers<RouteTable>({Vpc::kKind, table.vpc}))
            if (!model_.find<RouteTable>(name)->main)
                custom.push_back({RouteTable::kKind, std::move(name)});
        std::ranges::sort(custom, [&](const auto& left, const auto& right) { return precedes(left, right); });
        known = ranks_.emplace(table.vpc, std::map<std::string, std::size_t>{}).first;
        for (std::size_t i = 0; i < custom.size(); ++i)
            known->second.emplace(custom[i].name, i);
    }
    return known->second.at(table.name);
}

const RuleCounts& RuleContext::rule_counts(const SecurityGroup& group)
{
    auto known = rule_counts_.find(&group);
    if (known == rule_counts_.end())
        known = rule_counts_.emplace(&group, count_rules(group.rules)).first;
    return known->second;
}

Claims claims_at(const Model& model, const ResourceId& id)
{
    Claims found;
    with_kind(id.kind, [&]<typename Kind>(std::type_identity<Kind>) {
        if (const Kind* resource = model.find<Kind>(id.name))
            found = claims(*resource, model);
    });
    return found;
}

} // namespace vpcd
