// The routes that are in force in one route table: the system's, with the custom ones laid over them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <vpcd/abi/route.h>

#include "model/model.h"

namespace vpcd {

struct EffectiveRoute {
    enum class Type { System, Custom };

    Prefix destination;
    Type type = Type::System;
    ::route_kind kind = ROUTE_NONE;
    std::string target; // the subnet, the interface or the NAT gateway; empty for blackhole and service

    friend bool operator==(const EffectiveRoute&, const EffectiveRoute&) = default;
};

// `table` is "main" or the name of a RouteTable. Sorted by destination.
std::vector<EffectiveRoute> effective_routes(const Model&, const std::string& vpc, const std::string& table);

// The table whose routes `declared` holds: its own name, or "main".
std::string effective_table(const RouteTable& declared);
// The table that serves a subnet.
std::string effective_table(const Model&, const Subnet&);
// The RouteTables of a VPC, those of the main table first, then by name.
std::vector<const RouteTable*> route_tables(const Model&, const std::string& vpc);

// "interface gw-1", "blackhole": what a route leads to.
std::string target_text(const EffectiveRoute&);
std::string_view name_of(::route_kind);

} // namespace vpcd
