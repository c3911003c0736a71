// The kinds of documents. A new kind is one header with its struct, its rules in a .cpp beside it, and one word here.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <boost/unordered/unordered_flat_set.hpp>

#include "model/bandwidth_package.h"
#include "model/elastic_ip.h"
#include "model/host.h"
#include "model/interface.h"
#include "model/load_balancer.h"
#include "model/nat_gateway.h"
#include "model/network_acl.h"
#include "model/prefix_list.h"
#include "model/route_table.h"
#include "model/security_group.h"
#include "model/subnet.h"
#include "model/vpc.h"

namespace vpcd {

// In the order in which they build on each other.
using AnyResource = std::variant<Host, Vpc, PrefixList, SecurityGroup, NetworkAcl, Subnet, NatGateway, RouteTable,
                                 Interface, BandwidthPackage, ElasticIp, LoadBalancer>;

// Names a resource. `kind` points to a kKind constant, so it never dangles.
struct ResourceId {
    std::string_view kind;
    std::string name;

    friend auto operator<=>(const ResourceId&, const ResourceId&) = default;
};

// The same, with a borrowed name.
struct ResourceKey {
    std::string_view kind;
    std::string_view name;

    ResourceKey() = default;
    ResourceKey(std::string_view kind_name, std::string_view resource_name) : kind(kind_name), name(resource_name) {}
    ResourceKey(const ResourceId& id) : kind(id.kind), name(id.name) {} // NOLINT: the same value
    ResourceId id() const { return {kind, std::string{name}}; }

    friend bool operator==(const ResourceKey&, const ResourceKey&) = default;
};

struct ResourceHash {
    using is_transparent = void;
    // Few resources of different kinds have the same name: the length of the kind's tells most of those apart.
    std::size_t operator()(const ResourceKey& key) const
    {
        return std::hash<std::string_view>{}(key.name) + key.kind.size();
    }
};

struct ResourceEqual {
    using is_transparent = void;
    bool operator()(const ResourceKey& left, const ResourceKey& right) const { return left == right; }
};

// Each once, in no order.
using ResourceIds = boost::unordered_flat_set<ResourceId, ResourceHash, ResourceEqual>;

template <typename Kind>
    requires requires { Kind::kKind; }
ResourceId id_of(const Kind& resource)
{
    return {Kind::kKind, resource.name};
}

template <typename Kind>
    requires requires { Kind::kKind; }
ResourceKey key_of(const Kind& resource)
{
    return {Kind::kKind, resource.name};
}

inline ResourceId id_of(const AnyResource& resource)
{
    return std::visit([](const auto& value) { return id_of(value); }, resource);
}

// "Subnet web-a"
inline std::string to_string(const ResourceId& id)
{
    return std::string{id.kind} + " " + id.name;
}

namespace detail {
template <typename... Kinds>
void for_each_kind(std::type_identity<std::variant<Kinds...>>, auto&& act)
{
    (act(std::type_identity<Kinds>{}), ...);
}
} // namespace detail

// Calls act(std::type_identity<Kind>{}) for every kind, in order.
void for_each_kind(auto&& act)
{
    detail::for_each_kind(std::type_identity<AnyResource>{}, act);
}

// Calls act(std::type_identity<Kind>{}) for the kind of this name; false: there is none.
bool with_kind(std::string_view kind, auto&& act)
{
    bool found = false;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind> type) {
        if (!found && Kind::kKind == kind) {
            found = true;
            act(type);
        }
    });
    return found;
}

} // namespace vpcd
