// What entries of 'dnat' may say.
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "model/nat_gateway_rules.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

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

} // namespace

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

} // namespace vpcd
