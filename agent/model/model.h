// All resources that are declared, with the indexes that rules and plan need. A plain value: no I/O, no threads.
// Changes are made in place, one resource at a time, and can be undone: a change is tried, checked, and taken back
// when it breaks a rule, at the cost of what it touches, not of the whole model.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/claims.h"
#include "model/kinds.h"
#include "model/origin.h"

namespace vpcd {

// `value` empty: the resource is to be removed.
struct Declaration {
    ResourceId id;
    std::optional<AnyResource> value;
    Origin origin;
};

template <typename T>
struct Entry {
    T value;
    Origin origin;
};

class Model {
public:
    template <typename T>
    using Table = std::map<std::string, Entry<T>, std::less<>>;

    // nullptr when there is none of this name.
    template <typename T>
    const T* find(std::string_view name) const
    {
        const auto entry = all<T>().find(name);
        return entry == all<T>().end() ? nullptr : &entry->second.value;
    }
    template <typename T>
    const Table<T>& all() const
    {
        return std::get<Table<T>>(tables_);
    }
    std::optional<AnyResource> get(const ResourceId&) const;
    const Origin* origin(const ResourceId&) const;
    bool contains(const ResourceId&) const;

    // Puts, replaces or removes one resource and returns what undoes that.
    Declaration apply(Declaration);

    // Who refers to `id` by a reference field, whether `id` exists or not.
    const std::set<ResourceId>& referrers(const ResourceId& id) const;
    // The names among them of one kind: referrers<Interface>({Subnet::kKind, "web-a"}).
    template <typename T>
    std::vector<std::string> referrers(const ResourceId& id) const
    {
        std::vector<std::string> found;
        const auto& all_kinds = referrers(id);
        for (auto referrer = all_kinds.lower_bound({T::kKind, {}});
             referrer != all_kinds.end() && referrer->kind == T::kKind; ++referrer)
            found.push_back(referrer->name);
        return found;
    }

    // `changed`, everything placed inside it at any depth, and everything that makes use of one of these: whose rules
    // may now read differently. Use does not pass on: a subnet does not depend on the interfaces its table routes to.
    std::set<ResourceId> dependents(const std::set<ResourceId>& changed) const;

    // Who claims this (see claims.h). Exact.
    std::set<ResourceId> claimants(std::string_view what) const;

    // The VPC an interface is in (through its subnet); nullptr while a reference dangles.
    const Vpc* vpc_of(const Interface&) const;
    const Subnet* subnet_of(const Interface&) const;
    // The default VPC and its subnets are part of the model without documents (see defaults.h).

private:
    template <typename... Kinds>
    static std::tuple<Table<Kinds>...> tables_for(const std::variant<Kinds...>&);
    using Tables = decltype(tables_for(std::declval<AnyResource>()));

    // Calls act(entry) with the Entry<Kind> of `id`, if there is one.
    bool visit(const ResourceId& id, auto&& act) const;
    template <typename T>
    void replace(Declaration&);
    template <typename T>
    void put(Declaration&);
    std::vector<Claim> claims_of(const ResourceId&) const;
    bool is_placed_by(const ResourceId& referrer, const ResourceId& other) const;

    Tables tables_;
    std::map<ResourceId, std::set<ResourceId>> referrers_;
    ClaimIndex claims_;
};

} // namespace vpcd
