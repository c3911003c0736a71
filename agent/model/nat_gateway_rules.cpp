// What NatGateway documents may say.
#include "model/nat_gateway.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr unsigned kLastPort = 65535;

std::string snat_path(std::size_t index, std::string_view key = {})
{
    return fmt::format("snat[{}]{}{}", index, key.empty() ? "" : ".", key);
}

std::string dnat_path(std::size_t index, std::string_view key)
{
    return fmt::format("dnat[{}].{}", index, key);
}

void check_count(std::string_view key, std::size_t count, const NatGateway& gateway, RuleContext& context)
{
    const auto most = context.quotas().nat_entries_per_gateway;
    if (count > most)
        context.report(fmt::format("{}[{}]", key, most),
                       fmt::format("NAT gateway {} has {} entries of '{}'; a gateway has at most {} "
                                   "(quotas.natEntriesPerGateway)",
                                   gateway.name, count, key, most));
}

// SNAT

void check_source(std::size_t index, const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    const SnatEntry& entry = gateway.snat[index];
    if (entry.subnet.empty() == !entry.cidr)
        context.report(snat_path(index), fmt::format("an entry of 'snat' has either 'subnet' or 'cidr'; here is {}",
                                                     entry.cidr ? "both" : "neither"));
    const Subnet* subnet = context.model().find<Subnet>(entry.subnet);
    if (subnet && subnet->vpc != gateway.vpc)
        context.report(snat_path(index, "subnet"),
                       fmt::format("subnet {} ({}) is in VPC {}, not in {}; a NAT gateway serves its own VPC",
                                   subnet->name, context.place(id_of(*subnet)), subnet->vpc, gateway.vpc));
    if (entry.cidr && context.check_family(snat_path(index, "cidr"), *entry.cidr) && vpc &&
        !vpc->contains(*entry.cidr))
        context.report(snat_path(index, "cidr"),
                       fmt::format("{} is not inside a block of VPC {} ({}); a NAT gateway serves its own VPC",
                                   to_string(*entry.cidr), vpc->name, to_string(vpc->cidrs)));
}

void check_pool(std::size_t index, const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    const auto& addresses = gateway.snat[index].addresses;
    if (addresses.empty() || addresses.size() > SnatEntry::kMostAddresses)
        context.report(snat_path(index, "addresses"),
                       fmt::format("an entry of 'snat' has 1 to {} addresses; here are {}", SnatEntry::kMostAddresses,
                                   addresses.size()));
    for (auto address = addresses.begin(); address != addresses.end(); ++address) {
        const auto path = snat_path(index, fmt::format("addresses[{}]", address - addresses.begin()));
        check_public_address(path, *address, vpc, context);
        if (std::find(addresses.begin(), address, *address) != address)
            context.report(path, fmt::format("address {} is listed twice", to_string(*address)));
    }
}

void check_snat(const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    check_count("snat", gateway.snat.size(), gateway, context);
    const auto source_path = [&](std::size_t index) {
        return snat_path(index, gateway.snat[index].subnet.empty() ? "cidr" : "subnet");
    };
    std::map<Prefix, std::size_t> sources;
    for (std::size_t i = 0; i < gateway.snat.size(); ++i) {
        check_source(i, gateway, vpc, context);
        check_pool(i, gateway, vpc, context);
        const auto source = source_of(gateway.snat[i], context.model());
        if (!source)
            continue;
        const auto [first, is_new] = sources.emplace(*source, i);
        if (!is_new)
            context.report(source_path(i), fmt::format("{} is already at {}; a NAT gateway has each source once, and "
                                                       "a subnet counts as its block",
                                                       to_string(*source),
                                                       context.place(id_of(gateway), source_path(first->second))));
    }
}

// DNAT

void check_port(const std::string& path, std::string_view key, std::optional<unsigned> port, RuleContext& context)
{
    if (port && (*port == 0 || *port > kLastPort))
        context.report(path, fmt::format("'{}' is 1 to {}; here it is {}", key, kLastPort, *port));
}

void check_dnat_ports(std::size_t index, const DnatEntry& entry, RuleContext& context)
{
    if (entry.protocol && !entry.port)
        context.report(dnat_path(index, "protocol"),
                       "'protocol' needs 'port'; without both, the whole address is mapped");
    if (entry.port && !entry.protocol)
        context.report(dnat_path(index, "port"),
                       "'port' needs 'protocol'; without both, the whole address is mapped");
    if (entry.to_port && !entry.port)
        context.report(dnat_path(index, "toPort"), "'toPort' needs 'port', which it takes the place of");
    check_port(dnat_path(index, "port"), "port", entry.port, context);
    check_port(dnat_path(index, "toPort"), "toPort", entry.to_port, context);
}

// A private address that has its public one, all ports of it, has no other.
void check_elastic_ips(std::size_t index, const NatGateway& gateway, RuleContext& context)
{
    const Address& to = gateway.dnat[index].to;
    const Interface* interface = interface_at(to, gateway.vpc, context.model());
    if (!gateway.dnat[index].is_whole() || !interface)
        return;
    context.model().for_each_referrer<ElasticIp>(id_of(*interface), [&](const ElasticIp& elastic) {
        if (elastic.private_address_of(*interface) == to && context.precedes(id_of(elastic), id_of(gateway)))
            context.report(dnat_path(index, "to"),
                           fmt::format("address {} of interface {} has elastic IP {} ({}); a private address has one "
                                       "public address",
                                       to_string(to), interface->name, elastic.name, context.place(id_of(elastic))));
    });
}

void check_target(std::size_t index, const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    const Address& to = gateway.dnat[index].to;
    if (!context.check_family(dnat_path(index, "to"), to))
        return;
    if (vpc && !vpc->contains(to))
        context.report(dnat_path(index, "to"),
                       fmt::format("{} is not inside a block of VPC {} ({}); a NAT gateway serves its own VPC",
                                   to_string(to), vpc->name, to_string(vpc->cidrs)));
    check_elastic_ips(index, gateway, context);
}

// An address is mapped whole and once, or by ports; each of these once.
void check_mapped_once(const NatGateway& gateway, RuleContext& context)
{
    std::map<Address, std::size_t> mapped;
    std::map<std::tuple<Address, NatProtocol, unsigned>, std::size_t> ports;
    const auto place = [&](std::size_t index) { return context.place(id_of(gateway), dnat_path(index, "address")); };
    for (std::size_t i = 0; i < gateway.dnat.size(); ++i) {
        const DnatEntry& entry = gateway.dnat[i];
        const auto [first, is_new] = mapped.emplace(entry.address, i);
        if (!is_new && (entry.is_whole() || gateway.dnat[first->second].is_whole())) {
            context.report(
                dnat_path(i, "address"),
                fmt::format("{} is already mapped at {}; a public address is mapped either whole, once, or "
                            "by ports",
                            to_string(entry.address), place(first->second)));
        } else if (entry.protocol && entry.port) {
            const auto [other, is_free] = ports.emplace(std::tuple{entry.address, *entry.protocol, *entry.port}, i);
            if (!is_free)
                context.report(dnat_path(i, "port"),
                               fmt::format("{} port {} of {} is already mapped at {}; a port is mapped once",
                                           word_of(*entry.protocol), *entry.port, to_string(entry.address),
                                           place(other->second)));
        }
    }
}

// A port that SNAT takes could be one that DNAT maps.
void check_apart(const NatGateway& gateway, RuleContext& context)
{
    std::map<Address, std::string> shared;
    for (std::size_t i = 0; i < gateway.snat.size(); ++i)
        for (std::size_t j = 0; j < gateway.snat[i].addresses.size(); ++j)
            shared.emplace(gateway.snat[i].addresses[j], snat_path(i, fmt::format("addresses[{}]", j)));
    for (std::size_t i = 0; i < gateway.dnat.size(); ++i)
        if (const auto found = shared.find(gateway.dnat[i].address); found != shared.end())
            context.report(
                dnat_path(i, "address"),
                fmt::format("{} is an address of 'snat' ({}); one address is not for both (S1, NAT gateway)",
                            to_string(found->first), context.place(id_of(gateway), found->second)));
}

void check_dnat(const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    check_count("dnat", gateway.dnat.size(), gateway, context);
    for (std::size_t i = 0; i < gateway.dnat.size(); ++i) {
        check_public_address(dnat_path(i, "address"), gateway.dnat[i].address, vpc, context);
        check_target(i, gateway, vpc, context);
        check_dnat_ports(i, gateway.dnat[i], context);
    }
    check_mapped_once(gateway, context);
}

} // namespace

void check(const NatGateway& gateway, RuleContext& context)
{
    const Vpc* vpc = context.model().find<Vpc>(gateway.vpc);
    check_external("host", gateway.host, context);
    check_snat(gateway, vpc, context);
    check_dnat(gateway, vpc, context);
    check_apart(gateway, context);
    if (gateway.ports.first == 0)
        context.report("ports",
                       fmt::format("'ports' are of 1 to {}; here they are {}", kLastPort, to_string(gateway.ports)));
}

} // namespace vpcd
