// What entries of 'snat' may say.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "model/nat_gateway_rules.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

std::string source_path(const NatGateway& gateway, std::size_t index)
{
    return snat_path(index, gateway.snat[index].subnet.empty() ? "cidr" : "subnet");
}

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

bool have_host_in_common(const NatGateway& one, const NatGateway& other)
{
    return std::ranges::any_of(one.hosts, [&](const NatHost& host) { return is_served_by(other, host.name); });
}

// A host finds who shares what by the source alone, whichever of its gateways a route has led to.
void check_siblings(const NatGateway& gateway, RuleContext& context)
{
    const Model& model = context.model();
    std::map<Prefix, std::size_t> sources;
    for (std::size_t i = 0; i < gateway.snat.size(); ++i)
        if (const auto source = source_of(gateway.snat[i], model))
            sources.emplace(*source, i);
    const auto compare = [&](const NatGateway& other, std::size_t index) {
        const auto source = source_of(other.snat[index], model);
        const auto own = source ? sources.find(*source) : sources.end();
        if (own != sources.end())
            context.report(source_path(gateway, own->second),
                           fmt::format("{} is a source of NatGateway {} ({}); the NAT gateways of a VPC on one host "
                                       "have different sources",
                                       to_string(*source), other.name,
                                       context.place(id_of(other), source_path(other, index))));
    };
    model.for_each_referrer<NatGateway>({Vpc::kKind, gateway.vpc}, [&](const NatGateway& other) {
        if (other.name == gateway.name || !have_host_in_common(gateway, other) ||
            !context.precedes(id_of(other), id_of(gateway)))
            return;
        for (std::size_t i = 0; i < other.snat.size(); ++i)
            compare(other, i);
    });
}

} // namespace

void check_snat(const NatGateway& gateway, const Vpc* vpc, RuleContext& context)
{
    check_count("snat", gateway.snat.size(), gateway, context);
    std::map<Prefix, std::size_t> sources;
    for (std::size_t i = 0; i < gateway.snat.size(); ++i) {
        check_source(i, gateway, vpc, context);
        check_pool(i, gateway, vpc, context);
        const auto source = source_of(gateway.snat[i], context.model());
        if (!source)
            continue;
        const auto [first, is_new] = sources.emplace(*source, i);
        if (!is_new)
            context.report(source_path(gateway, i),
                           fmt::format("{} is already at {}; a NAT gateway has each source once, and "
                                       "a subnet counts as its block",
                                       to_string(*source),
                                       context.place(id_of(gateway), source_path(gateway, first->second))));
    }
    check_siblings(gateway, context);
}

} // namespace vpcd
