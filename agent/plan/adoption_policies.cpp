#include <algorithm>

#include "plan/adoption.h"

namespace vpcd {

namespace {

// By number: who was told to go by it, and who of now that is.
using PolicyUsers = std::map<std::uint32_t, std::set<std::string>>;

void see_interface(PolicyUsers& users, const PlannerState& state, const Interface& interface, const Vpc& vpc)
{
    const auto id = state.interface_ids.find(interface.name);
    const auto* row = id ? find_row(state.tables.interfaces, *id) : nullptr;
    if (!row || row->vpc != vpc.vni)
        return;
    PolicyName name{
        .vpc = vpc.name, .direction = Direction::Ingress, .groups = group_names(interface, vpc.name), .acl = {}};
    users[row->ingress_policy].insert(name.text());
    name.direction = Direction::Egress;
    users[row->egress_policy].insert(name.text());
}

void see_subnet(PolicyUsers& users, const PlannerState& state, const Subnet& subnet, const Vpc& vpc)
{
    const auto* row = find_row(state.tables.subnets, {.vpc = vpc.vni, .subnet = fnv1a(subnet.name)});
    if (!row || subnet.network_acl.empty())
        return;
    PolicyName name{.vpc = vpc.name, .direction = Direction::Ingress, .groups = {}, .acl = subnet.network_acl};
    users[row->ingress_policy].insert(name.text());
    name.direction = Direction::Egress;
    users[row->egress_policy].insert(name.text());
}

// While the kernel may still go by a number it means nothing else: nobody claims it, and it is free after this
// update.
void keep_unused(IdPool& pool, std::uint32_t id)
{
    pool.adopt("formerly " + std::to_string(id), id);
}

// A policy that several of now would have is nobody's: some would be under the rules of others while it changes.
void seed_policy_ids(PlannerState& state, const Model& model)
{
    PolicyUsers users;
    model.for_each_referrer<Interface>({Host::kKind, state.options.host}, [&](const Interface& interface) {
        const auto* subnet = model.subnet_of(interface);
        const auto* vpc = model.vpc_of(interface);
        if (!vpc)
            return;
        see_interface(users, state, interface, *vpc);
        see_subnet(users, state, *subnet, *vpc);
    });
    for (const auto& [id, names] : users)
        if (names.size() == 1)
            state.policy_ids.adopt(*names.begin(), id);
    for (const auto& [id, row] : state.tables.policies)
        keep_unused(state.policy_ids, id);
}

// As compile() would have made it; its groups are not needed.
struct Remains {
    RuleSet set;
    std::map<std::uint32_t, ::rule> rules;
};

template <typename Table, typename Rows>
void collect(std::map<std::uint32_t, Remains>& remains, const Table& table, Rows RuleSet::* rows)
{
    for (const auto& [key, bits] : table)
        if (const auto found = remains.find(key.rule_set); found != remains.end())
            (found->second.set.*rows).emplace_back(key, bits).first.rule_set = 0;
    for (auto& [id, found] : remains)
        std::ranges::sort(found.set.*rows, ByBytes{}, [](const auto& row) -> const auto& { return row.first; });
}

std::map<std::uint32_t, Remains> rule_sets_of(const Tables& tables)
{
    std::map<std::uint32_t, Remains> remains;
    for (const auto& [id, row] : tables.rule_sets)
        remains[id].set = {.vni = row.vpc,
                           .otherwise = static_cast<::rule_verdict>(row.otherwise),
                           .rules = {},
                           .peers = {},
                           .ports = {},
                           .groups = {}};
    for (const auto& [key, row] : tables.rules)
        if (const auto found = remains.find(key.rule_set); found != remains.end())
            found->second.rules.emplace(key.index, row);
    collect(remains, tables.rule_peers, &RuleSet::peers);
    collect(remains, tables.rule_ports, &RuleSet::ports);
    for (auto& [id, found] : remains)
        for (const auto& [index, rule] : found.rules)
            found.set.rules.push_back(rule);
    return remains;
}

void seed_rule_set_ids(PlannerState& state, const Model& model)
{
    std::map<std::uint32_t, std::string> vpcs;
    for (const auto& [name, vpc] : model.all<Vpc>())
        vpcs.emplace(vpc.value.vni, name);
    for (const auto& [id, remains] : rule_sets_of(state.tables))
        if (const auto vpc = vpcs.find(remains.set.vni); vpc != vpcs.end())
            state.rule_set_ids.adopt(vpc->second + " " + content_of(remains.set), id);
    for (const auto& [id, row] : state.tables.rule_sets)
        keep_unused(state.rule_set_ids, id);
    const auto keep_all = [&](const auto& table) { // rows that were left behind
        for (const auto& [key, row] : table)
            if (!state.rule_set_ids.name_of(key.rule_set))
                keep_unused(state.rule_set_ids, key.rule_set);
    };
    keep_all(state.tables.rules);
    keep_all(state.tables.rule_peers);
    keep_all(state.tables.rule_groups);
    keep_all(state.tables.rule_ports);
}

} // namespace

void seed_policies(PlannerState& state, const Model& model)
{
    seed_policy_ids(state, model);
    seed_rule_set_ids(state, model);
}

} // namespace vpcd
