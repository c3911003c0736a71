// One update: plans the resources in scope anew, and collects their rows as they were and as they shall be.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/pass_rule_sets.h"
#include "plan/scope.h"

namespace vpcd {

class PlanPass {
public:
    PlanPass(PlannerState& state, const Model& model, const Facts& facts, Scope& scope)
        : state_(state), model_(model), facts_(facts), scope_(scope)
    {
    }

    // In this order: each step needs the ids of those before it, and may widen the scope of those after it.
    void plan_host_ids();
    void plan_vpcs();
    void plan_subnets();
    void plan_interfaces();
    void plan_elastics();
    void plan_nats();
    void plan_services();
    void plan_policies();
    void plan_route_tables();
    void plan_gateways();
    void plan_hosts();
    void plan_self();
    void plan_attachments();
    // Frees what was given up, now that nothing refers to it.
    void release();

    // Rows of what was planned anew: before this pass, and after it.
    Tables before;
    Tables after;
    std::vector<Error> errors;

private:
    bool is_declared() const { return model_.find<Host>(state_.options.host) != nullptr; }
    // Vpc of this name, if it has an interface, a public address or a gateway on this host.
    const Vpc* present_vpc(const std::string& name) const;

    void plan_vpc(const std::string& name);
    void plan_subnet(const std::string& name);
    void acquire_acl(PlannedSubnet&, const Subnet&);
    void use_table(const std::string& subnet, const std::optional<TableName>& old,
                   const std::optional<TableName>& wanted);
    void include_tables_of(const std::string& vpc);

    void plan_interface(const std::string& name);
    std::optional<PlannedInterface> desired_interface(const std::string& name, const Interface&, const Vpc&);
    void keep(PlannedInterfaces::iterator entry, std::optional<PlannedInterface> wanted);
    Result<void> acquire(const std::string& name, const Interface&, PlannedInterface&);
    Result<void> acquire_local(const Interface&, PlannedInterface&);
    void give_up(const std::string& name, const PlannedInterface&);
    void count_peer(const std::string& host, int difference);
    void include_routes_to(const std::string& name, const PlannedInterface& old, const PlannedInterface& wanted);
    void report(const ResourceId&, const Error&);

    void acquire_outside(const std::string& name, PlannedInterface&);
    void acquire_outside(const std::string& name, PlannedInterface&, const std::string& host, PlannedAddress&);
    Result<std::uint32_t> acquire_gateway(const GatewayName&);
    void release_gateway(const GatewayName&);
    std::string underlay_device(const Host&) const;
    unsigned tunnel_mtu(const Host&) const;
    void plan_elastic(const std::string& name);
    std::optional<PlannedElastic> desired_elastic(const std::string& name);
    void plan_nat(const std::string& name);
    std::optional<PlannedNat> desired_nat(const std::string& name);
    Result<void> acquire_all(const NatGateway&, PlannedNat&);
    Result<void> acquire_publics(PlannedNat&);
    Result<void> acquire_slices(const NatGateway&, PlannedNat&);
    void release_publics(const PlannedNat&);
    void plan_service(const std::string& name);
    std::optional<PlannedService> desired_service(const std::string& name);
    Result<void> acquire_service(PlannedService&, const LoadBalancer&);
    Result<void> acquire_listeners(PlannedService&, const LoadBalancer&);
    Result<void> acquire_backends(PlannedService&, PlannedListener&, const LoadBalancer&);
    Result<void> acquire_answering(PlannedService&, PlannedBackend&, const std::string& host);
    bool plays(const LoadBalancer&) const;
    Result<void> acquire_way_to(PlannedService&, const LoadBalancer&);
    Result<std::uint32_t> acquire_public(PlannedService&, std::string name);
    NextHopSlot acquire_way_back(const Vpc&);
    std::uint32_t acquire_nat_hop(const TableName&, const EffectiveRoute&, std::uint32_t vni,
                                  std::vector<GatewayName>&);

    bool acquire_policies(PolicyName, std::uint32_t& ingress, std::uint32_t& egress, const ResourceId& user);
    Result<std::uint32_t> acquire_policy(const PolicyName&);
    void release_policy(std::uint32_t id);
    void drop_policies();
    void leave_rule_set(const PlannedPolicy&);
    void plan_policy(PlannedPolicy&);

    void move_routes(const std::string& declared_table);
    void plan_route_table(const TableName&);
    std::vector<PlannedRoute> routes_of(const TableName&, std::uint32_t vni, std::vector<GatewayName>&);
    std::vector<PlannedRoute> arrivals(const std::string& vpc) const;

    void plan_host(const std::string& name);
    std::optional<Link> external_link(const Host&) const;

    // Keeps the planned value of `name`, or nothing, and the rows of the old and the new one.
    template <typename Map>
    void replace(Map& planned, const typename Map::key_type& name, std::optional<typename Map::mapped_type> value)
    {
        ++scope_.visits;
        if (const auto old = planned.find(name); old != planned.end()) {
            add_rows(old->second, before);
            planned.erase(old);
        }
        if (value) {
            add_rows(*value, after);
            planned.emplace(name, std::move(*value));
        }
    }

    PlannerState& state_;
    const Model& model_;
    const Facts& facts_;
    Scope& scope_;

    RuleSetPass rule_sets_{state_, before, after};
    bool has_moved_devices_ = false; // a local interface came, went or changed
    std::vector<::endpoint_key> released_addresses_;
    std::vector<std::string> released_interfaces_;
    std::vector<std::string> released_hosts_;
    std::vector<std::string> released_publics_;
    std::map<std::string, std::uint32_t> payers_; // by package: the public address whose caps the others take
    std::vector<std::string> released_services_;
    std::vector<std::uint32_t> released_policies_;
    std::vector<std::uint32_t> released_rule_sets_;
};

} // namespace vpcd
