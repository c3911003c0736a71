#include "model/model.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "model/references.h"

namespace vpcd {

bool Model::visit(const ResourceId& id, auto&& act) const
{
    bool found = false;
    with_kind(id.kind, [&]<typename Kind>(std::type_identity<Kind>) {
        const auto& table = all<Kind>();
        if (const auto entry = table.find(id.name); entry != table.end()) {
            found = true;
            act(entry->second);
        }
    });
    return found;
}

std::optional<AnyResource> Model::get(const ResourceId& id) const
{
    std::optional<AnyResource> resource;
    visit(id, [&](const auto& entry) { resource = entry.value; });
    return resource;
}

const Origin* Model::origin(const ResourceId& id) const
{
    const Origin* origin = nullptr;
    visit(id, [&](const auto& entry) { origin = &entry.origin; });
    return origin;
}

bool Model::contains(const ResourceId& id) const
{
    return visit(id, [](const auto&) {});
}

Declaration Model::apply(Declaration change)
{
    [[maybe_unused]] const bool known =
        with_kind(change.id.kind, [&]<typename Kind>(std::type_identity<Kind>) { replace<Kind>(change); });
    assert(known);
    return change;
}

// What a resource claims may depend on others only through references (the VPC of an interface). So the claims of
// dependents are indexed anew only when the references change, not with every new value.
template <typename T>
void Model::replace(Declaration& change)
{
    auto& table = std::get<Table<T>>(tables_);
    const auto entry = table.find(change.id.name);
    T* const wanted = change.value ? std::get_if<T>(&*change.value) : nullptr;

    if (entry == table.end() && !wanted)
        return;
    if (entry != table.end() && wanted && entry->second.value == *wanted) {
        std::swap(entry->second.origin, change.origin);
        return;
    }

    std::set<ResourceId> moved{change.id};
    const bool same_references =
        entry != table.end() && wanted && references(entry->second.value) == references(*wanted);
    if (!same_references)
        moved = dependents(moved);

    for (const auto& id : moved)
        claims_.remove(claims_of(id), id);
    put<T>(change);
    for (const auto& id : moved)
        claims_.add(claims_of(id), id);
}

// Exchanges the entry of the table with the declaration, and keeps the index of references.
template <typename T>
void Model::put(Declaration& change)
{
    auto& table = std::get<Table<T>>(tables_);
    Declaration previous{change.id, std::nullopt, {}};

    if (const auto entry = table.find(change.id.name); entry != table.end()) {
        for (const auto& reference : references(entry->second.value)) {
            const auto known = referrers_.find(reference.target);
            if (known == referrers_.end())
                continue; // named twice by the same resource
            known->second.erase(change.id);
            if (known->second.empty())
                referrers_.erase(known);
        }
        previous.value = std::move(entry->second.value);
        previous.origin = std::move(entry->second.origin);
        table.erase(entry);
    }
    if (change.value) {
        for (const auto& reference : references(std::get<T>(*change.value)))
            referrers_[reference.target].insert(change.id);
        table.emplace(change.id.name, Entry<T>{std::get<T>(std::move(*change.value)), std::move(change.origin)});
    }
    change = std::move(previous);
}

const std::set<ResourceId>& Model::referrers(const ResourceId& id) const
{
    static const std::set<ResourceId> kNone;
    const auto known = referrers_.find(id);
    return known == referrers_.end() ? kNone : known->second;
}

bool Model::is_placed_by(const ResourceId& referrer, const ResourceId& other) const
{
    bool placed = false;
    visit(referrer, [&](const auto& entry) {
        placed = std::ranges::any_of(references(entry.value), [&](const FieldReference& reference) {
            return reference.places && reference.target == other;
        });
    });
    return placed;
}

std::set<ResourceId> Model::dependents(const std::set<ResourceId>& changed) const
{
    std::set<ResourceId> placed = changed;
    std::set<ResourceId> users;
    std::vector<ResourceId> open{changed.begin(), changed.end()};

    while (!open.empty()) {
        const ResourceId id = std::move(open.back());
        open.pop_back();
        for (const auto& referrer : referrers(id)) {
            if (placed.contains(referrer))
                continue;
            if (is_placed_by(referrer, id)) {
                placed.insert(referrer);
                open.push_back(referrer);
            } else {
                users.insert(referrer);
            }
        }
    }
    placed.merge(users);
    return placed;
}

std::vector<Claim> Model::claims_of(const ResourceId& id) const
{
    std::vector<Claim> found;
    visit(id, [&](const auto& entry) { found = claims(entry.value, *this); });
    return found;
}

std::set<ResourceId> Model::claimants(std::string_view what) const
{
    std::set<ResourceId> found;
    for (auto& id : claims_.candidates(what))
        if (std::ranges::any_of(claims_of(id), [&](const Claim& claim) { return claim.what == what; }))
            found.insert(std::move(id));
    return found;
}

const Subnet* Model::subnet_of(const Interface& interface) const
{
    return find<Subnet>(interface.subnet);
}

const Vpc* Model::vpc_of(const Interface& interface) const
{
    const Subnet* subnet = subnet_of(interface);
    return subnet ? find<Vpc>(subnet->vpc) : nullptr;
}

} // namespace vpcd
