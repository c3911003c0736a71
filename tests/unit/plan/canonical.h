// Two plans are the same when they say the same about the same names, whatever numbers they chose.
#pragma once

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/explain_rules.h"
#include "plan/planner.h"

namespace vpcd::test {

// Rule sets are those of their policies.
inline void insert_rules(const Planner& planner, std::set<std::string>& lines)
{
    const Tables& tables = planner.tables();
    std::map<std::uint32_t, std::set<std::string>> names;
    for (const auto& [id, row] : tables.policies)
        names[row.rule_set[0]].insert(planner.policy_name(id));
    const auto insert = [&](std::uint32_t rule_set, const std::string& text) {
        lines.insert(fmt::format("rule set of {} {}", fmt::join(names[rule_set], ", "), text));
    };
    for (const auto& [id, row] : tables.rule_sets)
        insert(id, fmt::format("{} {}", row.otherwise, row.vpc));
    for (const auto& [key, row] : tables.rules)
        insert(key.rule_set, fmt::format("{} {} {}", key.index, row.id, row.verdict));
    for (const auto& [key, bits] : tables.rule_peers)
        insert(key.rule_set,
               fmt::format("{} {} {}", key.prefix_len, to_string(Address::from_abi(key.address)), to_string(bits)));
    for (const auto& [key, bits] : tables.rule_ports)
        insert(key.rule_set, fmt::format("{} {} {} {}", key.prefix_len, key.protocol, key.port[0] << 8 | key.port[1],
                                         to_string(bits)));
    for (const auto& [key, bits] : tables.rule_groups)
        insert(key.rule_set,
               fmt::format("{} {}", planner.groups_text(tables.rule_sets.at(key.rule_set).vpc, key.group_set),
                           to_string(bits)));
}

// One line a row, with ids replaced by what they stand for, and without serials, generations and vacated indexes.
inline std::set<std::string> canonical(const Planner& planner)
{
    const Tables& tables = planner.tables();
    std::map<std::uint32_t, std::string> slots{{0, "-"}};
    for (const auto& [key, row] : tables.endpoints)
        if (row.next_hop != 0)
            slots[row.next_hop] = std::to_string(key.vpc) + " " + to_string(Address::from_abi(key.address));
    for (const auto& [index, row] : tables.next_hops)
        if (row.flags & NEXT_HOP_OUTSIDE)
            slots[index] = fmt::format("{} {} {}", row.vpc, planner.host_name(row.host), row.flags);
    const auto bytes = [](const auto& value) {
        std::string hex;
        for (std::size_t i = 0; i < sizeof(value); ++i)
            hex += fmt::format("{:02x}", reinterpret_cast<const std::uint8_t*>(&value)[i]);
        return hex + " ";
    };

    std::set<std::string> lines;
    for (const auto& [id, row] : tables.hosts)
        lines.insert("host " + planner.host_name(id) + " " + bytes(row));
    for (const auto& [key, row] : tables.vteps)
        lines.insert("vtep " + bytes(key) + planner.host_name(row.host));
    for (const auto& [index, row] : tables.next_hops)
        if (row.vpc != 0)
            lines.insert("next hop " + slots.at(index) + " " + std::to_string(row.vpc) + " " +
                         planner.host_name(row.host) + " " + planner.interface_name(row.interface) + " " +
                         bytes(row.mac));
    for (const auto& [key, row] : tables.vpcs)
        lines.insert("vpc " + bytes(key) + bytes(row.arrivals) + bytes(row.flow_limit) + bytes(row.flags) +
                     slots.at(row.way_back));
    for (const auto& [key, row] : tables.subnets)
        lines.insert("subnet " + bytes(key) + bytes(row.gateway) + std::to_string(row.route_table) + " " +
                     planner.policy_name(row.ingress_policy) + " " + planner.policy_name(row.egress_policy));
    for (const auto& [key, row] : tables.endpoints)
        lines.insert("endpoint " + bytes(key) + std::to_string(row.subnet) + " " + std::to_string(row.flags) + " " +
                     planner.groups_text(key.vpc, row.group_set) + " " +
                     (row.outside ? planner.host_name(tables.next_hops.at(row.outside).host) : ""));
    const auto limit_text = [&](std::uint32_t index) {
        return index == 0 ? "-" : std::to_string(tables.limits.at(index).byte_time);
    };
    std::map<std::uint32_t, std::set<std::string>> payers; // who share a limit
    std::map<std::uint32_t, ::public_limits> caps;
    for (const auto& [key, row] : tables.publics)
        if (const auto found = tables.public_limits.find(row.id); found != tables.public_limits.end()) {
            caps[row.id] = found->second;
            for (const auto index : {caps[row.id].egress, caps[row.id].ingress})
                payers[index].insert(to_string(Address::from_abi(key.address)));
        }
    const auto shared_text = [&](std::uint32_t index) {
        return index == 0 ? "-" : fmt::format("{} by {}", limit_text(index), fmt::join(payers[index], ", "));
    };
    for (const auto& [key, row] : tables.publics)
        lines.insert(fmt::format("public {}{}{} {} limits {} in, {} out", bytes(key), bytes(row.private_address),
                                 row.vpc, row.flags, shared_text(caps[row.id].ingress),
                                 shared_text(caps[row.id].egress)));
    for (const auto& [key, row] : tables.elastics)
        lines.insert("elastic " + bytes(key) + bytes(row.address));
    for (const auto& [key, row] : tables.snats) {
        std::string addresses;
        for (std::size_t i = 0; i < row.count; ++i)
            addresses += bytes(row.addresses[i].address);
        lines.insert("snat " + bytes(key) + bytes(row.first_port) + bytes(row.last_port) + bytes(row.flags) +
                     addresses);
    }
    for (const auto& [key, row] : tables.slices)
        lines.insert("slice " + bytes(key) + slots.at(row.next_hop));
    for (const auto& [key, row] : tables.forwards)
        lines.insert("forward " + bytes(key) + bytes(row.address) + bytes(row.vpc) + bytes(row.port));
    const auto backend = [&](std::uint32_t id) { return id == 0 ? "-" : bytes(tables.backends.at(id).address); };
    std::map<std::uint32_t, std::string> services;
    for (const auto& [key, row] : tables.services) {
        services[row.id] = bytes(key);
        lines.insert("service " + bytes(key) + bytes(row.vpc) + bytes(row.slots) + bytes(row.scheduler) +
                     bytes(row.flags));
    }
    for (const auto& [key, row] : tables.service_slots) {
        std::string text = "slots " + services.at(key.service) + std::to_string(key.block);
        for (const auto id : row.backend)
            text += " " + backend(id);
        lines.insert(text);
    }
    for (const auto& [key, row] : tables.service_clients)
        lines.insert("client " + services.at(key.service) + bytes(key.prefix_len) + bytes(key.address));
    for (const auto& [id, row] : tables.backends)
        lines.insert("backend " + services.at(row.service) + bytes(row.address) + bytes(row.port) +
                     std::to_string(row.weight) + " " + std::to_string(row.flags) + " " + slots.at(row.next_hop));
    for (const auto& [key, row] : tables.stations)
        lines.insert("station " + bytes(key) + slots.at(row.next_hop));
    for (const auto& [key, row] : tables.routes)
        lines.insert("route " + bytes(key) + std::to_string(row.kind) + " " + slots.at(row.next_hop));
    for (const auto& [id, row] : tables.interfaces) {
        if (row.vpc == 0)
            continue;
        lines.insert("interface " + planner.interface_name(id) + " " + std::to_string(row.vpc) + " " +
                     std::to_string(row.subnet) + " " + std::to_string(row.ifindex) + " " + slots.at(row.next_hop) +
                     " " + std::to_string(row.flags) + " " + bytes(row.mac) +
                     planner.policy_name(row.ingress_policy) + " " + planner.policy_name(row.egress_policy) + " " +
                     limit_text(row.ingress_limit) + " " + limit_text(row.egress_limit));
    }
    for (const auto& [key, row] : tables.devices)
        lines.insert("device " + bytes(key) + planner.interface_name(row.interface));
    for (const auto& [key, row] : tables.settings)
        lines.insert("settings " + bytes(row));
    insert_rules(planner, lines);
    return lines;
}

// What one plan says and the other does not.
inline std::set<std::string> differences(const Planner& left, const Planner& right)
{
    const auto ours = canonical(left);
    const auto theirs = canonical(right);
    std::set<std::string> lines;
    std::ranges::set_symmetric_difference(ours, theirs, std::inserter(lines, lines.end()));
    return lines;
}

} // namespace vpcd::test
