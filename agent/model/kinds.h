// The kinds of documents. A new kind is one header with its struct, its rules in a .cpp beside it, and one word here.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "model/host.h"
#include "model/interface.h"
#include "model/route_table.h"
#include "model/subnet.h"
#include "model/vpc.h"

namespace vpcd {

using AnyResource = std::variant<Host, Vpc, Subnet, RouteTable, Interface>;

// Names a resource. `kind` points to a kKind constant, so it never dangles.
struct ResourceId {
    std::string_view kind;
    std::string name;

    friend auto operator<=>(const ResourceId&, const ResourceId&) = default;
};

inline ResourceId id_of(const AnyResource& resource)
{
    return std::visit([](const auto& value) { return ResourceId{value.kKind, value.name}; }, resource);
}

// "Subnet web-a"
inline std::string to_string(const ResourceId& id)
{
    return std::string{id.kind} + " " + id.name;
}

} // namespace vpcd
