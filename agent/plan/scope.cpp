#include "plan/scope.h"

namespace vpcd {

namespace {

// Calls `act` with each key whose values differ between two maps.
template <typename Map, typename Act>
void for_each_difference(const Map& before, const Map& now, Act act)
{
    auto old = before.begin();
    auto wanted = now.begin();
    while (old != before.end() || wanted != now.end()) {
        if (wanted == now.end() || (old != before.end() && old->first < wanted->first)) {
            act((old++)->first);
        } else if (old == before.end() || wanted->first < old->first) {
            act((wanted++)->first);
        } else {
            if (!(old->second == wanted->second))
                act(old->first);
            ++old, ++wanted;
        }
    }
}

void include_interfaces_of(Scope& scope, const Model& model, const ResourceId& id)
{
    model.for_each_referrer<Interface>(id, [&](const Interface& interface) {
        ++scope.visits;
        scope.interfaces.insert(interface.name);
    });
}

// All that share its caps.
void include_package(Scope& scope, const Model& model, const std::string& name)
{
    model.for_each_referrer<ElasticIp>({BandwidthPackage::kKind, name}, [&](const ElasticIp& elastic) {
        ++scope.visits;
        scope.elastics.insert(elastic.name);
    });
}

// With the interface it is bound to, and the one it was bound to.
void include_elastic(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    scope.elastics.insert(name);
    if (const auto* elastic = model.find<ElasticIp>(name))
        scope.interfaces.insert(elastic->interface);
    if (const auto old = state.elastic_interfaces.find(name); old != state.elastic_interfaces.end())
        scope.interfaces.insert(old->second);
}

void include_elastics_of(Scope& scope, const PlannerState& state, const Model& model, const ResourceId& id)
{
    model.for_each_referrer<ElasticIp>(id, [&](const ElasticIp& elastic) {
        ++scope.visits;
        include_elastic(scope, state, model, elastic.name);
    });
}

// With the interfaces whose addresses it maps whole, or did, and the route tables that lead to it.
void include_nat(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    scope.nats.insert(name);
    const auto include_owners = [&](const WhollyMapped& mapped) {
        for (const auto& address : mapped.addresses)
            if (const auto* owner = interface_at(address, mapped.vpc, model))
                scope.interfaces.insert(owner->name);
    };
    if (const auto old = state.wholly_mapped.find(name); old != state.wholly_mapped.end())
        include_owners(old->second);
    if (const auto* gateway = model.find<NatGateway>(name))
        include_owners(wholly_mapped(*gateway));
    model.for_each_referrer<RouteTable>({NatGateway::kKind, name}, [&](const RouteTable& table) {
        ++scope.visits;
        scope.declared_tables.insert(table.name);
    });
}

// Whose backend the interface is.
void include_balancers_of(Scope& scope, const Model& model, const std::string& interface)
{
    model.for_each_referrer<LoadBalancer>({Interface::kKind, interface}, [&](const LoadBalancer& balancer) {
        ++scope.visits;
        scope.services.insert(balancer.name);
    });
}

// What a host leads to says where the public addresses of its interfaces are served, and who answers the Internet.
void include_external(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    include_elastics_of(scope, state, model, {Host::kKind, name});
    const auto* host = model.find<Host>(name);
    if (state.externals.contains(name) != (host && host->has_external()))
        model.for_each_referrer<Interface>({Host::kKind, name}, [&](const Interface& interface) {
            ++scope.visits;
            include_elastics_of(scope, state, model, id_of(interface));
            include_balancers_of(scope, model, interface.name);
        });
}

void include_host(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    include_external(scope, state, model, name);
    const bool is_self = name == state.options.host;
    scope.self |= is_self;
    scope.hosts.insert(name);
    const bool was_declared = is_self ? state.self.has_value() : state.hosts.contains(name);
    if (was_declared != (model.find<Host>(name) != nullptr))
        include_interfaces_of(scope, model, {Host::kKind, name});
}

// With the load balancers it is a backend of: its address is in their rows.
void include_interface(Scope& scope, const Model& model, const std::string& name)
{
    scope.interfaces.insert(name);
    include_balancers_of(scope, model, name);
}

void include_policies_of(Scope& scope, const PlannerState& state, const ResourceId& document)
{
    if (const auto users = state.policies_by_document.find(document); users != state.policies_by_document.end())
        scope.policies.insert(users->second.begin(), users->second.end());
}

void include_prefix_list(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    const auto include_users = [&](const auto& referrer) {
        ++scope.visits;
        include_policies_of(scope, state, id_of(referrer));
    };
    model.for_each_referrer<SecurityGroup>({PrefixList::kKind, name}, include_users);
    model.for_each_referrer<NetworkAcl>({PrefixList::kKind, name}, include_users);
}

void include_touched_vpc(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    const auto planned = state.vpcs.find(name);
    const auto* vpc = model.find<Vpc>(name);
    if (planned == state.vpcs.end())
        return;
    if (!vpc || vpc->vni != planned->second.vni)
        include_vpc(scope, state, model, name);
    else
        scope.vpcs.insert(name);
}

void include_subnet(Scope& scope, const PlannerState& state, const Model& model, const std::string& name)
{
    scope.subnets.insert(name);
    for (auto& gateway : model.referrers<NatGateway>({Subnet::kKind, name})) {
        ++scope.visits;
        scope.nats.insert(std::move(gateway));
    }
    const auto planned = state.subnets.find(name);
    const auto* subnet = model.find<Subnet>(name);
    if (planned == state.subnets.end() || !subnet || subnet->vpc != planned->second.vpc)
        include_interfaces_of(scope, model, {Subnet::kKind, name});
}

void include_route_table(Scope& scope, const Model& model, const std::string& name)
{
    scope.declared_tables.insert(name);
    for (auto& subnet : model.referrers<Subnet>({RouteTable::kKind, name})) {
        ++scope.visits;
        scope.subnets.insert(std::move(subnet));
    }
}

} // namespace

void include_vpc(Scope& scope, const PlannerState& state, const Model& model, const std::string& vpc)
{
    scope.vpcs.insert(vpc);
    if (const auto planned = state.planned_interfaces.find(vpc); planned != state.planned_interfaces.end())
        for (const std::string* name : planned->second)
            scope.interfaces.insert(*name);
    const auto& served = members_of(state.served_by_vpc, vpc);
    scope.elastics.insert(served.begin(), served.end());
    const auto& nats = members_of(state.nats_by_vpc, vpc);
    scope.nats.insert(nats.begin(), nats.end());
    const auto& services = members_of(state.services_by_vpc, vpc);
    scope.services.insert(services.begin(), services.end());
    for (const auto& [id, policy] : state.policies)
        if (policy.name.vpc == vpc)
            scope.policies.insert(id);
    const auto& subnets = members_of(state.planned_subnets, vpc);
    scope.subnets.insert(subnets.begin(), subnets.end());
    for (const auto& [name, where] : state.declared_tables)
        if (where.vpc == vpc)
            scope.declared_tables.insert(name);
    for (auto table = state.route_tables.lower_bound({vpc, {}});
         table != state.route_tables.end() && table->first.vpc == vpc; ++table)
        scope.tables.insert(table->first);

    if (!state.is_present(vpc))
        return;
    for (const auto& name : model.referrers<Subnet>({Vpc::kKind, vpc})) {
        scope.subnets.insert(name);
        include_interfaces_of(scope, model, {Subnet::kKind, name});
    }
    for (auto& name : model.referrers<RouteTable>({Vpc::kKind, vpc}))
        scope.declared_tables.insert(std::move(name));
    for (auto& name : model.referrers<LoadBalancer>({Vpc::kKind, vpc}))
        scope.services.insert(std::move(name));
    scope.tables.insert({vpc, std::string{kArrivals}});
}

void include_touched(Scope& scope, const PlannerState& state, const Model& model, const ResourceIds& touched)
{
    if (state.self && state.self->has_publics != has_publics(model)) {
        scope.self = true;
        for (const auto& [name, vpc] : state.vpcs) // their way back
            scope.vpcs.insert(name);
    }
    for (const auto& [kind, name] : touched) {
        ++scope.visits;
        if (kind == Host::kKind)
            include_host(scope, state, model, name);
        else if (kind == Vpc::kKind)
            include_touched_vpc(scope, state, model, name);
        else if (kind == Subnet::kKind)
            include_subnet(scope, state, model, name);
        else if (kind == RouteTable::kKind)
            include_route_table(scope, model, name);
        else if (kind == Interface::kKind)
            include_interface(scope, model, name);
        else if (kind == ElasticIp::kKind)
            include_elastic(scope, state, model, name);
        else if (kind == BandwidthPackage::kKind)
            include_package(scope, model, name);
        else if (kind == NatGateway::kKind)
            include_nat(scope, state, model, name);
        else if (kind == LoadBalancer::kKind)
            scope.services.insert(name);
        else if (kind == PrefixList::kKind)
            include_prefix_list(scope, state, model, name);
        else if (kind == SecurityGroup::kKind || kind == NetworkAcl::kKind)
            include_policies_of(scope, state, {kind, name});
    }
}

// From whichever side there are fewer.
void include_elastics(Scope& scope, const PlannerState& state, const Model& model)
{
    if (scope.interfaces.size() < state.elastic_interfaces.size()) {
        const auto interfaces = scope.interfaces; // including one may include another
        for (const auto& name : interfaces)
            include_elastics_of(scope, state, model, {Interface::kKind, name});
    } else {
        for (const auto& [name, interface] : state.elastic_interfaces)
            if (scope.interfaces.contains(interface))
                include_elastic(scope, state, model, name);
    }
}

void include_packages(Scope& scope, const PlannerState& state, const Model& model)
{
    std::set<std::string> packages;
    for (const auto& name : scope.elastics) {
        if (const auto* elastic = model.find<ElasticIp>(name); elastic && !elastic->bandwidth_package.empty())
            packages.insert(elastic->bandwidth_package);
        if (const auto old = state.elastic_packages.find(name); old != state.elastic_packages.end())
            packages.insert(old->second);
    }
    for (const auto& name : packages)
        include_package(scope, model, name);
}

void include_facts(Scope& scope, const PlannerState& state, const Facts& now)
{
    for_each_difference(state.facts.links, now.links, [&](const std::string& device) {
        ++scope.visits;
        const auto& interfaces = members_of(state.locals_by_device, device);
        scope.interfaces.insert(interfaces.begin(), interfaces.end());
        scope.self |= device == kTunnelDevice || device == kCheckDevice ||
                      device == state.attachments.underlay_device || device == state.attachments.external_device;
    });
    for_each_difference(state.facts.paths, now.paths, [&](const Address& endpoint) {
        ++scope.visits;
        if (const auto host = state.host_by_address.find(endpoint); host != state.host_by_address.end())
            scope.hosts.insert(host->second);
    });
    scope.self |= state.facts.local_addresses != now.local_addresses;
}

void include_everything(Scope& scope, const PlannerState& state, const Model& model)
{
    scope.self = true;
    for (const auto& [name, host] : state.hosts)
        scope.hosts.insert(name);
    for (const auto& [name, host] : model.all<Host>())
        scope.hosts.insert(name);
    for (const auto& [name, vpc] : state.vpcs)
        include_vpc(scope, state, model, name);
    include_interfaces_of(scope, model, {Host::kKind, state.options.host});
    for (const auto& [name, elastic] : state.elastics)
        scope.elastics.insert(name);
    for (const auto& [name, elastic] : model.all<ElasticIp>())
        scope.elastics.insert(name);
    for (const auto& [name, nat] : state.nats)
        scope.nats.insert(name);
    for (const auto& [name, nat] : model.all<NatGateway>())
        scope.nats.insert(name);
    for (const auto& [name, service] : state.services)
        scope.services.insert(name);
    for (const auto& [name, balancer] : model.all<LoadBalancer>())
        scope.services.insert(name);
}

} // namespace vpcd
