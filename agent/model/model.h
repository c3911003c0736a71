// All resources that are declared, with the indexes that rules and plan need. A plain value: no I/O, no threads.
// Changes are made in place, one resource at a time, and can be undone: a change is tried, checked, and taken back
// when it breaks a rule, at the cost of what it touches, not of the whole model.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/kinds.h"

namespace vpcd {

// Where a resource was written. Fields are found by their path: "cidr", "routes[2].nextHop.interface".
class Origin {
public:
    Origin() = default;
    Origin(std::shared_ptr<const std::string> file, unsigned line, unsigned column);

    void add(std::string path, unsigned line, unsigned column);
    // The place of a field, or of the document when the field was not written.
    Location at(std::string_view path = {}) const;

private:
    struct Field {
        std::string path;
        unsigned line;
        unsigned column;
    };
    std::shared_ptr<const std::string> file_;
    unsigned line_ = 0;
    unsigned column_ = 0;
    std::vector<Field> fields_;
};

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
    const T* find(std::string_view name) const;
    template <typename T>
    const Table<T>& all() const;
    const Origin* origin(const ResourceId&) const;
    bool contains(const ResourceId&) const;

    // Puts, replaces or removes one resource and returns what undoes that.
    Declaration apply(Declaration);

    // Who refers to `id` by a reference field, whether `id` exists or not.
    const std::set<ResourceId>& referrers(const ResourceId& id) const;
    // The names among them of one kind: referrers<Interface>({Subnet::kKind, "web-a"}).
    template <typename T>
    std::vector<std::string> referrers(const ResourceId& id) const;

    // `changed` and everything that refers to it, directly or through others, whose rules may now read differently.
    std::set<ResourceId> dependents(const std::set<ResourceId>& changed) const;

    // The VPC an interface is in (through its subnet); nullptr while a reference dangles.
    const Vpc* vpc_of(const Interface&) const;
    const Subnet* subnet_of(const Interface&) const;
    // The default VPC and its subnets are part of the model without documents (see defaults.h).

private:
    template <typename... Kinds>
    static std::tuple<Table<Kinds>...> tables_for(const std::variant<Kinds...>&);
    using Tables = decltype(tables_for(std::declval<AnyResource>()));

    Tables tables_;
    std::map<ResourceId, std::set<ResourceId>> referrers_;
};

} // namespace vpcd
