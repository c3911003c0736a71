// What the planner remembers between updates. Seen only by the planner's own files.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/hash.h"
#include "plan/group_sets.h"
#include "plan/id_pool.h"
#include "plan/outside.h"
#include "plan/planned.h"
#include "plan/planner.h"
#include "plan/policy.h"

namespace vpcd {

// Where a local interface is, by the model.
struct LocalPlace {
    std::string vpc;
    std::string subnet;
    std::string device;

    friend bool operator==(const LocalPlace&, const LocalPlace&) = default;
};

// How many interfaces and route tables of this host take it.
struct GatewayUse {
    unsigned users = 0;
    PlannedGateway gateway;
};

// Names by the name of what they belong to; a name without members has no entry.
using Members = std::map<std::string, std::set<std::string>, std::less<>>;

inline void add_member(Members& members, const std::string& group, const std::string& name)
{
    members[group].insert(name);
}

inline void remove_member(Members& members, const std::string& group, const std::string& name)
{
    const auto found = members.find(group);
    if (found != members.end() && found->second.erase(name) > 0 && found->second.empty())
        members.erase(found);
}

// Words that many things share, each kept once.
class Words {
public:
    const std::string* keep(const std::string& word) { return &*words_.insert(word).first; }

private:
    std::unordered_set<std::string> words_;
};

// The address of a name stays while its interface is planned.
using PlannedInterfaces = std::unordered_map<std::string, PlannedInterface, HashName, std::equal_to<>>;

inline const std::set<std::string>& members_of(const Members& members, std::string_view group)
{
    static const std::set<std::string> kNone;
    const auto found = members.find(group);
    return found == members.end() ? kNone : found->second;
}

struct PlannerState {
    explicit PlannerState(PlanOptions wanted)
        : options(std::move(wanted)),
          next_hops(options.endpoints),
          interface_ids("local interfaces", options.interfaces),
          host_ids("hosts", options.hosts),
          policy_ids("policies", options.rules.policies, IdPool::Reuse::Late),
          rule_set_ids("rule sets", options.rules.sets, IdPool::Reuse::Late)
    {
        for (auto* pool : {&policy_ids, &rule_set_ids}) {
            pool->adopt("deny all", kDenyPolicy);
            (void)pool->acquire("deny all"); // for good
        }
    }

    PlanOptions options;
    Facts facts;
    bool is_first = true;
    Tables tables; // before the first update: what was adopted

    std::optional<PlannedSelf> self;
    std::map<std::string, PlannedHost> hosts;
    std::map<std::string, PlannedVpc> vpcs;
    std::map<std::string, PlannedSubnet> subnets;
    std::map<TableName, PlannedTable> route_tables;
    Words words; // names of VPCs and hosts
    PlannedInterfaces interfaces;
    Attachments attachments;

    NextHopSlots next_hops;
    IdPool interface_ids;
    IdPool host_ids;
    IdPool policy_ids;   // by PolicyName::text()
    IdPool rule_set_ids; // by PlannedRuleSet::content
    NameIds subnet_ids;
    NameIds table_ids;
    std::map<std::uint32_t, std::uint32_t> generations; // the last of each interface id, free ones included

    // Who may talk to whom. Policies that are in use, and the rule sets these are in use by.
    GroupSets group_sets;
    std::map<std::uint32_t, PlannedPolicy> policies;
    std::map<std::uint32_t, PlannedRuleSet> rule_sets;
    std::map<ResourceId, std::set<std::uint32_t>> policies_by_document;
    std::map<std::string, std::set<std::uint32_t>> rule_sets_by_vpc;
    RuleOrigins rule_origins;

    // Interfaces that are on this host.
    boost::unordered_flat_map<std::string, LocalPlace, HashName, std::equal_to<>> locals;
    Members locals_by_vpc;
    Members locals_by_subnet;
    Members locals_by_device;

    // Members of the VPCs that are present.
    std::map<std::string, boost::unordered_flat_set<const std::string*>> planned_interfaces; // by VPC
    Members planned_subnets;                                                                 // by VPC
    std::map<TableName, std::set<std::string>> table_users; // subnets with a local interface
    std::map<std::string, TableName> declared_tables;       // where the routes of each RouteTable are

    std::map<std::uint32_t, std::string> vpc_by_vni;
    std::map<Address, std::string> host_by_address;
    std::unordered_map<std::string, std::size_t> peer_interfaces; // how many each other host has in VPCs present here
    std::set<Address> peers;                                      // the tunnel endpoints of these hosts

    // Got no id for want of one, or no room: tried again at every update.
    std::set<std::string> starved_interfaces;
    std::set<std::string> starved_hosts;
    std::set<std::string> starved_subnets;
    std::set<std::uint32_t> starved_policies;

    // Public addresses: those served here, and those of interfaces of this host, with the ways out they take.
    IdPool public_ids{"public addresses and backends", VPCD_MAX_PUBLICS}; // by the address, or backend_name()
    std::map<std::string, PlannedElastic> elastics;
    std::map<std::string, std::string> elastic_packages;   // which each shared caps with when it was looked at last
    std::map<std::string, std::string> elastic_interfaces; // what each was bound to when it was looked at last
    std::map<std::string, std::string> served;             // the VPCs of those served here
    Members served_by_vpc;
    std::map<GatewayName, PlannedGateway> gateways;
    std::map<GatewayName, GatewayUse> gateway_uses;
    std::set<std::string> externals; // hosts that lead to the Internet
    std::set<std::string> starved_elastics;

    // NAT gateways: those served here, and the addresses that any of them maps whole.
    std::map<std::string, PlannedNat> nats;
    std::map<std::string, WhollyMapped> wholly_mapped; // as it was looked at last
    std::map<std::string, std::string> served_nats;    // the VPCs of those served here
    Members nats_by_vpc;
    std::set<std::string> starved_nats;
    std::set<TableName> starved_tables; // a route's gateway has no slot

    // Load balancers of VPCs that are present here, and of these the public ones that are served here.
    IdPool service_ids{"listeners of load balancers", VPCD_MAX_SERVICES}; // by service_name()
    std::map<std::string, PlannedService> services;
    Members services_by_vpc;
    std::map<std::string, std::string> served_services;
    Members served_services_by_vpc;
    std::set<std::string> starved_services;

    // Has an interface here, a public address, a NAT gateway or a public load balancer.
    bool is_present(const std::string& vpc) const
    {
        return locals_by_vpc.contains(vpc) || served_by_vpc.contains(vpc) || nats_by_vpc.contains(vpc) ||
               served_services_by_vpc.contains(vpc);
    }
};

} // namespace vpcd
