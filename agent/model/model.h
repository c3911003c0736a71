// All resources that are declared, with the indexes that rules and plan need. A plain value: no I/O, no threads.
// Changes are made in place, one resource at a time, and can be undone: a change is tried, checked, and taken back
// when it breaks a rule, at the cost of what it touches, not of the whole model. The default VPC and its subnets are
// part of it without documents (see defaults.h).
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/claims.h"
#include "model/entry.h"
#include "model/kinds.h"
#include "model/origin.h"

namespace vpcd {

// `value` empty: the resource is to be removed.
struct Declaration {
    ResourceId id;
    std::optional<AnyResource> value;
    Origin origin;
};

class Model {
public:
    // Not inline: they are large, and everybody has a Model.
    Model();
    Model(Model&&) noexcept;
    Model& operator=(Model&&) noexcept;
    ~Model();

    // nullptr when there is none of this name.
    template <typename T>
    const T* find(std::string_view name) const
    {
        const auto* entry = all<T>().find(name);
        return entry ? &entry->value : nullptr;
    }
    template <typename T>
    const ResourceTable<T>& all() const
    {
        return std::get<ResourceTable<T>>(tables_);
    }
    std::size_t size() const;
    std::optional<AnyResource> get(const ResourceKey&) const;
    const Origin* origin(const ResourceKey&) const;
    bool contains(const ResourceKey&) const;
    // The model holds exactly this value, or nothing where the declaration has none.
    bool holds(const Declaration&) const;

    // Puts, replaces or removes one resource and returns what undoes that.
    Declaration apply(Declaration);
    // Makes room for what is about to be applied.
    void reserve(const std::vector<Declaration*>&);

    // Who refers to `target` by a reference field, whether it exists or not: by name, or in no order at no cost.
    std::set<ResourceId> referrers(const ResourceKey& target) const;
    // The names among them of one kind: referrers<Interface>({Subnet::kKind, "web-a"}).
    template <typename T>
    std::vector<std::string> referrers(const ResourceKey& target) const
    {
        std::vector<std::string> found;
        for_each_referrer<T>(target, [&](const T& referrer) { found.push_back(referrer.name); });
        std::ranges::sort(found);
        return found;
    }
    template <typename T>
    void for_each_referrer(const ResourceKey& target, auto&& act) const
    {
        const auto known = referrers_.find(target);
        if (known == referrers_.end())
            return;
        for (const EntryBase* referrer : known->second)
            if (referrer->kind == kKindIndex<T>)
                act(static_cast<const Entry<T>*>(referrer)->value);
    }

    // Beside `changed`: everything placed inside it at any depth, and everything that makes use of one of these,
    // whose rules may now read differently. Use does not pass on: a subnet does not depend on the interfaces its
    // table routes to.
    ResourceIds dependents(const ResourceIds& changed) const;

    // Who claims this (see claims.h). Exact.
    ResourceIds claimants(const Claim&) const;
    // Somebody but `owner`, whose claims these are, may claim one of them: quick, and seldom wrong.
    bool is_contested(const Claims&, const EntryBase& owner) const;

    // The VPC an interface is in (through its subnet); nullptr while a reference dangles.
    const Vpc* vpc_of(const Interface&) const;
    const Subnet* subnet_of(const Interface&) const;

private:
    template <typename... Kinds>
    static std::tuple<ResourceTable<Kinds>...> tables_for(const std::variant<Kinds...>&);
    using Tables = decltype(tables_for(std::declval<AnyResource>()));
    using Referrers = boost::unordered_flat_set<const EntryBase*>;

    const EntryBase* entry(const ResourceKey&) const;
    // What is placed inside `changed`; meets what makes use of that or of `changed`.
    ResourceIds find_placed(const ResourceIds& changed, auto&& meet_user) const;
    template <typename T>
    void replace(Declaration&);
    template <typename T>
    const EntryBase* put(Declaration&);
    void index(const EntryBase&);
    void forget(const EntryBase&);
    void for_each_entry(const ResourceIds&, auto&& act) const;
    void index_claims(const EntryBase&);
    void forget_claims(const EntryBase&);
    Claims claims_of(const EntryBase&) const;

    Tables tables_;
    boost::unordered_flat_map<ResourceId, Referrers, ResourceHash, ResourceEqual> referrers_;
    ClaimIndex claims_;
};

} // namespace vpcd
