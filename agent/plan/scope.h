// Which resources an update plans anew: those that were touched, and those whose rows follow from them.
#pragma once

#include <set>
#include <string>

#include <boost/unordered/unordered_flat_set.hpp>

#include "plan/state.h"

namespace vpcd {

struct Scope {
    bool self = false;
    std::set<std::string> hosts;
    std::set<std::string> vpcs;
    std::set<std::string> subnets;
    boost::unordered_flat_set<std::string> interfaces;
    std::set<TableName> tables;
    std::set<std::string> declared_tables; // RouteTable documents
    std::set<std::uint32_t> policies;      // by id
    std::set<std::string> elastics;        // ElasticIp documents
    std::set<std::string> nats;            // NatGateway documents
    std::set<std::string> services;        // LoadBalancer documents
    std::set<GatewayName> gateways;
    std::size_t visits = 0;
};

void include_touched(Scope&, const PlannerState&, const Model&, const ResourceIds& touched);
void include_facts(Scope&, const PlannerState&, const Facts& now);
// Whatever is planned, and whatever the model has for this host.
void include_everything(Scope&, const PlannerState&, const Model&);
// The public addresses of the interfaces in scope. After the others.
void include_elastics(Scope&, const PlannerState&, const Model&);
// The public addresses that share bandwidth with those in scope, or did: one of them pays for all. After all others.
void include_packages(Scope&, const PlannerState&, const Model&);
// Everything of a VPC that comes, goes or changes its VNI.
void include_vpc(Scope&, const PlannerState&, const Model&, const std::string& vpc);

// Finds which interfaces and public addresses in scope are on this host, and takes in what that decides: VPCs that
// become present or absent, subnets that begin or cease to have a local interface. `is_declared`: this host has a
// document.
void settle_presence(Scope&, PlannerState&, const Model&, bool is_declared);

} // namespace vpcd
