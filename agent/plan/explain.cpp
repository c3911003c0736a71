#include "plan/explain.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "plan/explain_nat.h"
#include "plan/explain_rules.h"
#include "plan/explain_service.h"
#include "plan/planned_bandwidth.h"

namespace vpcd {

namespace {

std::string or_number(const std::string& name, std::uint32_t number)
{
    return name.empty() ? fmt::format("#{}", number) : name;
}

std::string address_text(const ::address& address)
{
    return to_string(Address::from_abi(address));
}

// Knows how to say each key and each row. Keys that are plain numbers are told apart by their rows.
class Words : public RuleWords, public NatWords, public ServiceWords {
public:
    explicit Words(const Planner& planner)
        : RuleWords(planner), NatWords(planner), ServiceWords(planner), planner_(planner)
    {
    }

    using NatWords::key;
    using NatWords::row;
    using RuleWords::key;
    using RuleWords::row;
    using ServiceWords::key;
    using ServiceWords::row;

    std::string key(const ::vtep_key& key) const { return "vtep " + address_text(key.address); }
    std::string key(const ::vpc_key& key) const { return "vpc " + vpc(key.vpc); }
    std::string key(const ::subnet_key& key) const
    {
        return fmt::format("subnet {}/{}", vpc(key.vpc), subnet(key.vpc, key.subnet));
    }
    std::string key(const ::endpoint_key& key) const
    {
        return fmt::format("endpoint {} {}", vpc(key.vpc), address_text(key.address));
    }
    std::string key(const ::station_key& key) const
    {
        return fmt::format("station {} {}", vpc(key.vpc), to_string(Mac::from_abi(key.mac)));
    }
    std::string key(const ::route_key& key) const
    {
        const auto address = Address::from_abi(key.address);
        const auto length = key.prefix_len - ROUTE_PREFIX_FIXED - (address.is_v4() ? 96 : 0);
        return fmt::format("route {}/{} {}/{}", vpc(key.vpc),
                           or_number(planner_.table_name(key.vpc, key.table), key.table), to_string(address), length);
    }
    std::string key(const ::device_key& key) const { return fmt::format("device {}", key.ifindex); }
    std::string key(const ::public_key& key) const { return "public address " + address_text(key.address); }
    std::string key(const ::elastic_key& key) const
    {
        return fmt::format("public address of {} {}", vpc(key.vpc), address_text(key.address));
    }

    template <typename Key>
    std::string row(const Key& row_key, const ::vtep& row) const
    {
        return key(row_key) + " -> host " + host(row.host);
    }
    template <typename Key>
    std::string row(const Key& row_key, const ::vpc& row) const
    {
        return fmt::format("{} (VNI {}) arrivals in table {} at most {} flows", key(row_key), row_key.vpc,
                           row.arrivals, row.flow_limit);
    }
    template <typename Key>
    std::string row(const Key& row_key, const ::subnet& row) const
    {
        const auto acl = row.ingress_policy == 0
                             ? std::string{}
                             : fmt::format(" policies {} in, {} out", row.ingress_policy, row.egress_policy);
        return fmt::format("{} gateway {} table {}{}", key(row_key), address_text(row.gateway),
                           or_number(planner_.table_name(row_key.vpc, row.route_table), row.route_table), acl);
    }
    template <typename Key>
    std::string row(const Key& row_key, const ::endpoint& row) const
    {
        if (row.flags & ENDPOINT_SERVICE)
            return key(row_key) + " -> a load balancer";
        if (row.flags & ENDPOINT_ROUTER)
            return key(row_key) + " -> the virtual router";
        return fmt::format("{} -> {} in {}{}", key(row_key), slot(row.next_hop),
                           or_number(planner_.groups_text(row_key.vpc, row.group_set), row.group_set),
                           row.outside ? " out by " + slot(row.outside) : std::string{});
    }
    template <typename Key>
    std::string row(const Key& row_key, const ::station& row) const
    {
        return key(row_key) + " -> " + slot(row.next_hop);
    }
    std::string row(const ::route_key& row_key, const ::route& row) const
    {
        const auto* known = planner_.route(row_key);
        if (!known)
            return fmt::format("{} -> {}", key(row_key), name_of(static_cast<::route_kind>(row.kind)));
        return fmt::format("{} -> {} ({})", key(row_key), target_text(*known),
                           known->type == EffectiveRoute::Type::System ? "system" : "custom");
    }
    std::string row(const ::public_key& row_key, const ::public_address& row) const
    {
        const auto whose = row.flags & PUBLIC_WHOLE ? address_text(row.private_address) + " of " : "a gateway of ";
        return fmt::format("{} (number {}) -> {}{}{}", key(row_key), row.id, whose, vpc(row.vpc),
                           row.flags & PUBLIC_ANNOUNCED ? " announced by ARP"
                           : row.flags & PUBLIC_QUIET   ? " announced by another host"
                                                        : "");
    }
    std::string row(const ::elastic_key& row_key, const ::elastic& row) const
    {
        return key(row_key) + " -> " + address_text(row.address);
    }
    std::string row(const ::device_key& row_key, const ::device& row) const
    {
        return key(row_key) + " -> interface " + interface(row.interface);
    }

    std::string row(std::uint32_t id, const ::host& row) const
    {
        auto line = fmt::format("host {} {}", host(id), address_text(row.address));
        if (row.flags & HOST_REACHABLE)
            line += fmt::format(" via device {} mtu {}", row.ifindex, row.mtu);
        if (row.gateway != 0)
            line += " gateway " + to_string(Address::v4(ntohl(row.gateway)));
        if (row.flags & HOST_RESOLVED)
            line += " at " + to_string(Mac::from_abi(row.destination_mac));
        return line;
    }
    std::string row(std::uint32_t index, const ::next_hop& row) const
    {
        if (row.vpc == 0)
            return fmt::format("next hop slot {} free", index);
        const auto where = row.flags & NEXT_HOP_OUTSIDE ? "out of the VPC by " + host(row.host)
                           : row.host != 0              ? "on " + host(row.host)
                           : row.interface != 0         ? "here as interface " + std::to_string(row.interface)
                                                        : std::string{"nowhere"};
        return fmt::format("next hop slot {} {} serial {} {}", index, vpc(row.vpc), row.serial, where);
    }
    std::string row(std::uint32_t id, const ::limit& row) const
    {
        return fmt::format("limit {} of {} Mbit/s", id, megabits_of(row));
    }
    std::string row(std::uint32_t id, const ::public_limits& row) const
    {
        return fmt::format("public address number {} limits {} in, {} out", id, row.ingress, row.egress);
    }
    std::string row(std::uint32_t id, const ::interface& row) const
    {
        if (row.vpc == 0)
            return fmt::format("interface {} free", id);
        const auto device =
            row.ifindex ? fmt::format("device {}", row.ifindex) : std::string{"waiting for its device"};
        return fmt::format("interface {} ({}) {}/{} {} {} policies {} in, {} out{}", id, interface(id), vpc(row.vpc),
                           subnet(row.vpc, row.subnet), to_string(Mac::from_abi(row.mac)), device, row.ingress_policy,
                           row.egress_policy,
                           row.ingress_limit || row.egress_limit
                               ? fmt::format(" limits {} in, {} out", row.ingress_limit, row.egress_limit)
                               : std::string{});
    }
    std::string row(std::uint32_t, const ::settings& row) const
    {
        const auto checks = row.check_ifindex ? fmt::format(" health checks by device {} from {}", row.check_ifindex,
                                                            to_string(Address::v4(ntohl(row.check_address))))
                                              : std::string{};
        return fmt::format("settings tunnel endpoint {}{}{}{}", address_text(row.vtep),
                           row.tunnel_ifindex ? fmt::format(" tunnel device {}", row.tunnel_ifindex) : std::string{},
                           row.external_ifindex
                               ? fmt::format(" external device {} mtu {}", row.external_ifindex, row.external_mtu)
                               : std::string{},
                           checks);
    }

private:
    std::string vpc(std::uint32_t vni) const { return or_number(planner_.vpc_name(vni), vni); }
    std::string subnet(std::uint32_t vni, std::uint32_t id) const
    {
        return or_number(planner_.subnet_name(vni, id), id);
    }
    std::string host(std::uint32_t id) const { return or_number(planner_.host_name(id), id); }
    std::string interface(std::uint32_t id) const { return or_number(planner_.interface_name(id), id); }
    std::string slot(std::uint32_t index) const
    {
        const auto name = planner_.next_hop_name(index);
        return name.empty() ? fmt::format("slot {}", index) : fmt::format("slot {} ({})", index, name);
    }

    const Planner& planner_;
};

} // namespace

std::string explain(const Tables& tables, const Planner& planner)
{
    const Words words{planner};
    std::string text;
    for_each_table([&](const auto& table) {
        for (const auto& key : sorted_keys(tables.*table.rows))
            text += words.row(key, (tables.*table.rows).at(key)) + "\n";
    });
    return text;
}

std::string explain(const PlanChanges& changes, const Planner& planner)
{
    const Words words{planner};
    std::string text;
    for_each_table([&](const auto& table) {
        for (const auto& [key, row] : (changes.*table.changes).upserts)
            text += "+ " + words.row(key, row) + "\n";
        for (const auto& key : (changes.*table.changes).deletes) {
            if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(key)>>)
                text += fmt::format("- {} {}\n", table.name, key);
            else
                text += "- " + words.key(key) + "\n";
        }
    });
    return text;
}

} // namespace vpcd
