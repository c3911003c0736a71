#include "plan/group_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vpcd {

namespace {

// As no name has blanks, sets with one name are one set.
std::string name_of(const std::vector<std::string>& groups)
{
    return fmt::format("{}", fmt::join(groups, " "));
}

} // namespace

std::uint32_t GroupSets::acquire(const std::string& vpc, const Interface& interface)
{
    InVpc& within = vpcs_[vpc];
    if (within.default_set.empty())
        within.default_set = name_of(group_names(Interface{}, vpc));

    const auto& named = interface.security_groups;
    std::string several;
    if (named.size() > 1)
        several = name_of(group_names(interface, vpc));
    const std::string& name = named.empty() ? within.default_set : named.size() == 1 ? named.front() : several;
    const auto known = within.ids.find(name);
    const std::uint32_t id =
        known != within.ids.end() ? known->second : make(vpc, within, name, group_names(interface, vpc));
    if (within.sets.at(id).interfaces++ == 0)
        touched_.emplace(vpc, id);
    return id;
}

std::uint32_t GroupSets::make(const std::string& vpc, InVpc& within, const std::string& name,
                              std::vector<std::string> groups)
{
    const std::uint32_t id = ids_.acquire(vpc, name);
    within.ids.emplace(name, id);
    for (const auto& group : groups)
        within.by_group[group].insert(id);
    within.sets.emplace(id, Set{.groups = std::move(groups)});
    return id;
}

void GroupSets::release(const std::string& vpc, std::uint32_t id)
{
    if (--vpcs_.at(vpc).sets.at(id).interfaces == 0)
        touched_.emplace(vpc, id);
}

void GroupSets::settle()
{
    for (const auto& [vpc, id] : touched_) {
        Set& set = vpcs_.at(vpc).sets.at(id);
        set.is_settled = true;
        if (set.interfaces == 0)
            forget(vpc, id);
    }
    touched_.clear();
}

void GroupSets::forget(const std::string& vpc, std::uint32_t id)
{
    InVpc& within = vpcs_.at(vpc);
    const std::string name = *ids_.name_of(vpc, id);
    for (const auto& group : within.sets.at(id).groups) {
        const auto sets = within.by_group.find(group);
        sets->second.erase(id);
        if (sets->second.empty())
            within.by_group.erase(sets);
    }
    within.sets.erase(id);
    within.ids.erase(name);
    ids_.release(vpc, name);
    if (within.sets.empty()) {
        ids_.release_all(vpc);
        vpcs_.erase(vpc);
    }
}

const GroupSets::Set* GroupSets::find(const std::string& vpc, std::uint32_t id) const
{
    const auto within = vpcs_.find(vpc);
    if (within == vpcs_.end())
        return nullptr;
    const auto found = within->second.sets.find(id);
    return found == within->second.sets.end() ? nullptr : &found->second;
}

void GroupSets::add_with(const std::string& vpc, const std::string& group, std::set<std::uint32_t>& found) const
{
    const auto within = vpcs_.find(vpc);
    if (within == vpcs_.end())
        return;
    const auto sets = within->second.by_group.find(group);
    if (sets == within->second.by_group.end())
        return;
    for (const auto id : sets->second)
        if (within->second.sets.at(id).interfaces > 0)
            found.insert(id);
}

std::vector<GroupSets::Place> GroupSets::changed(bool was_there) const
{
    std::vector<Place> places;
    for (const auto& [vpc, id] : touched_) {
        const Set& set = *find(vpc, id);
        if (set.is_settled == was_there && (set.interfaces == 0) == was_there)
            places.emplace_back(vpc, id);
    }
    return places;
}

std::string to_string(const GroupSets::Set& set)
{
    return fmt::format("{}", fmt::join(set.groups, ", "));
}

} // namespace vpcd
