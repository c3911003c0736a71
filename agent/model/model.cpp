#include "model/model.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "model/references.h"

namespace vpcd {

namespace {

bool places_in(const EntryBase& referrer, const ResourceKey& other)
{
    bool placed = false;
    with_entry(referrer, [&](const auto& entry) {
        for_each_reference(entry.value, [&](auto kind, auto name, bool places, const ReferencePath&) {
            placed |= places && other == ResourceKey{kind, name};
        });
    });
    return placed;
}

template <typename T>
bool same_references(const T& left, const T& right)
{
    std::vector<ResourceKey> targets;
    std::vector<bool> sorts;
    for_each_reference(left, [&](auto kind, auto name, bool places, const ReferencePath&) {
        targets.push_back({kind, name});
        sorts.push_back(places);
    });
    std::size_t count = 0;
    bool same = true;
    for_each_reference(right, [&](auto kind, auto name, bool places, const ReferencePath&) {
        same = same && count < targets.size() && targets[count] == ResourceKey{kind, name} && sorts[count] == places;
        ++count;
    });
    return same && count == targets.size();
}

} // namespace

Model::Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const EntryBase* Model::entry(const ResourceKey& key) const
{
    const EntryBase* found = nullptr;
    with_kind(key.kind, [&]<typename Kind>(std::type_identity<Kind>) { found = all<Kind>().find(key.name); });
    return found;
}

std::size_t Model::size() const
{
    std::size_t size = 0;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) { size += all<Kind>().size(); });
    return size;
}

std::optional<AnyResource> Model::get(const ResourceKey& key) const
{
    std::optional<AnyResource> resource;
    if (const auto* found = entry(key))
        with_entry(*found, [&](const auto& known) { resource = known.value; });
    return resource;
}

const Origin* Model::origin(const ResourceKey& key) const
{
    const Origin* origin = nullptr;
    if (const auto* found = entry(key))
        with_entry(*found, [&](const auto& known) { origin = &known.origin; });
    return origin;
}

bool Model::contains(const ResourceKey& key) const
{
    return entry(key) != nullptr;
}

bool Model::holds(const Declaration& declaration) const
{
    const auto* found = entry(declaration.id);
    bool is_same = !found && !declaration.value;
    if (found && declaration.value)
        with_entry(*found, [&]<typename Kind>(const Entry<Kind>& known) {
            is_same = known.value == std::get<Kind>(*declaration.value);
        });
    return is_same;
}

Declaration Model::apply(Declaration change)
{
    [[maybe_unused]] const bool known =
        with_kind(change.id.kind, [&]<typename Kind>(std::type_identity<Kind>) { replace<Kind>(change); });
    assert(known);
    return change;
}

ResourceIds Model::find_placed(const ResourceIds& changed, auto&& meet_user) const
{
    ResourceIds placed;
    std::vector<ResourceKey> open; // names live in `changed` and in the entries
    open.reserve(changed.size());
    for (const auto& id : changed)
        open.emplace_back(id);

    while (!open.empty()) {
        const ResourceKey key = open.back();
        open.pop_back();
        const auto known = referrers_.find(key);
        if (known == referrers_.end())
            continue;
        for (const auto* referrer : known->second) {
            const ResourceKey other = key_of(*referrer);
            if (changed.contains(other) || placed.contains(other))
                continue;
            if (places_in(*referrer, key)) {
                placed.insert(other.id());
                open.push_back(other);
            } else {
                meet_user(other);
            }
        }
    }
    return placed;
}

// What a resource claims may depend on others only through where it is placed (the VPC of an interface). So the
// claims of what is placed inside are indexed anew only when the references change, not with every new value.
template <typename T>
void Model::replace(Declaration& change)
{
    auto& table = std::get<ResourceTable<T>>(tables_);
    Entry<T>* const entry = table.find(change.id.name);
    T* const wanted = change.value ? std::get_if<T>(&*change.value) : nullptr;

    if (!entry && !wanted)
        return;
    if (entry && wanted && entry->value == *wanted) {
        std::swap(entry->origin, change.origin);
        return;
    }

    ResourceIds moved;
    if (!entry || !wanted || !same_references(entry->value, *wanted))
        moved = find_placed({change.id}, [](const ResourceKey&) {});

    if (entry)
        forget_claims(*entry);
    for_each_entry(moved, [&](const EntryBase& other) { forget_claims(other); });
    if (const EntryBase* const now = put<T>(change))
        index_claims(*now);
    for_each_entry(moved, [&](const EntryBase& other) { index_claims(other); });
}

// Exchanges the entry of the table with the declaration, and keeps the index of references. Returns the entry there
// is now, if any.
template <typename T>
const EntryBase* Model::put(Declaration& change)
{
    auto& table = std::get<ResourceTable<T>>(tables_);
    Entry<T>* entry = table.find(change.id.name);

    if (!entry) {
        entry = table.emplace(std::get<T>(std::move(*change.value)), std::move(change.origin));
        change.value.reset();
        change.origin = {};
        index(*entry);
        return entry;
    }
    forget(*entry);
    if (change.value) {
        std::swap(entry->value, std::get<T>(*change.value));
        std::swap(entry->origin, change.origin);
        index(*entry);
        return entry;
    }
    change.value = std::move(entry->value);
    change.origin = std::move(entry->origin);
    entry->value.name = change.id.name;
    table.erase(change.id.name);
    return nullptr;
}

void Model::index(const EntryBase& entry)
{
    with_entry(entry, [&](const auto& found) {
        for_each_reference(found.value, [&](auto kind, auto name, bool, const ReferencePath&) {
            auto known = referrers_.find(ResourceKey{kind, name});
            if (known == referrers_.end())
                known = referrers_.emplace(ResourceId{kind, std::string{name}}, Referrers{}).first;
            known->second.insert(&entry);
        });
    });
}

void Model::forget(const EntryBase& entry)
{
    with_entry(entry, [&](const auto& found) {
        for_each_reference(found.value, [&](auto kind, auto name, bool, const ReferencePath&) {
            const auto known = referrers_.find(ResourceKey{kind, name});
            if (known == referrers_.end())
                return; // named twice by the same resource
            known->second.erase(&entry);
            if (known->second.empty())
                referrers_.erase(known);
        });
    });
}

void Model::for_each_entry(const ResourceIds& ids, auto&& act) const
{
    for (const auto& id : ids)
        if (const auto* found = entry(id))
            act(*found);
}

void Model::index_claims(const EntryBase& owner)
{
    claims_.add(claims_of(owner), &owner);
}

void Model::forget_claims(const EntryBase& owner)
{
    claims_.remove(claims_of(owner), &owner);
}

std::set<ResourceId> Model::referrers(const ResourceKey& target) const
{
    std::set<ResourceId> found;
    if (const auto known = referrers_.find(target); known != referrers_.end())
        for (const auto* referrer : known->second)
            found.insert(key_of(*referrer).id());
    return found;
}

ResourceIds Model::dependents(const ResourceIds& changed) const
{
    if (changed.size() == size() && std::ranges::all_of(changed, [&](const auto& id) { return contains(id); }))
        return {}; // at a start: everything is changed
    ResourceIds users;
    ResourceIds found = find_placed(changed, [&](const ResourceKey& user) { users.insert(user.id()); });
    found.insert(users.begin(), users.end());
    return found;
}

Claims Model::claims_of(const EntryBase& entry) const
{
    Claims found;
    with_entry(entry, [&](const auto& known) { found = claims(known.value, *this); });
    return found;
}

ResourceIds Model::claimants(const Claim& claim) const
{
    ResourceIds found;
    for (const auto* candidate : claims_.candidates(claim))
        if (std::ranges::any_of(claims_of(*candidate), [&](const Claim& other) { return other.is_same(claim); }))
            found.insert(key_of(*candidate).id());
    return found;
}

bool Model::is_contested(const Claims& claims, const EntryBase& owner) const
{
    return claims_.has_shared() &&
           std::ranges::any_of(claims, [&](const Claim& claim) { return claims_.has_other(claim, &owner); });
}

void Model::reserve(const std::vector<Declaration*>& declarations)
{
    std::array<std::size_t, std::variant_size_v<AnyResource>> counts{};
    for (const auto* declaration : declarations)
        if (declaration->value)
            ++counts[declaration->value->index()];
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        std::get<ResourceTable<Kind>>(tables_).reserve(counts[kKindIndex<Kind>]);
    });
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
