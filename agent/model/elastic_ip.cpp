#include "model/elastic_ip.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/nat_gateway.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

// Where it says which private address it stands for.
std::string_view binding_path(const ElasticIp& elastic)
{
    return elastic.private_address ? "privateAddress" : "interface";
}

void check_private_address(const ElasticIp& elastic, const Interface& interface, RuleContext& context)
{
    const Address address = elastic.private_address_of(interface);
    if (address != interface.address &&
        std::ranges::find(interface.secondary_addresses, address) == interface.secondary_addresses.end())
        context.report("privateAddress",
                       fmt::format("{} is no address of interface {} ({}); it is the primary or a "
                                   "secondary one",
                                   to_string(address), interface.name, context.place(id_of(interface), "address")));
}

void check_gateway(const ElasticIp& elastic, const Interface& interface, RuleContext& context)
{
    const Host* host = context.model().find<Host>(interface.host);
    if (host && !host->has_external() && elastic.host.empty())
        context.report(
            "interface",
            fmt::format("interface {} is on host {} ({}), which has no 'external', the device that leads "
                        "to the Internet; add it there, or here 'host' with the name of a host that has it",
                        interface.name, host->name, context.place(id_of(*host))));
}

// No claim: the primary address of an interface may change without a reference to it (see Model::replace).
void check_siblings(const ElasticIp& elastic, const Interface& interface, RuleContext& context)
{
    const Address address = elastic.private_address_of(interface);
    const ElasticIp* first = &elastic;
    context.model().for_each_referrer<ElasticIp>(id_of(interface), [&](const ElasticIp& other) {
        if (other.private_address_of(interface) == address && context.precedes(id_of(other), id_of(*first)))
            first = &other;
    });
    if (first != &elastic)
        context.report(binding_path(elastic),
                       fmt::format("address {} of interface {} has elastic IP {} ({}); a private address has one "
                                   "public address",
                                   to_string(address), interface.name, first->name,
                                   context.place(id_of(*first), binding_path(*first))));
}

void check_whole_mappings(const ElasticIp& elastic, const Interface& interface, RuleContext& context)
{
    const Subnet* subnet = context.model().subnet_of(interface);
    if (!subnet)
        return;
    const Address address = elastic.private_address_of(interface);
    for (const ResourceId& id : context.model().claimants(whole_mapping_claim(address, subnet->vpc)))
        if (context.precedes(id, id_of(elastic)))
            context.report(binding_path(elastic),
                           fmt::format("address {} of interface {} is mapped whole by {} ({}); a private address has "
                                       "one public address",
                                       to_string(address), interface.name, to_string(id), context.place(id, "dnat")));
}

// What a fixed one was bound to when it was accepted, it keeps.
void check_binding(const ElasticIp& elastic, const ElasticIp& former, RuleContext& context)
{
    const auto check_same = [&](std::string_view field, const std::string& was, const std::string& now) {
        if (was != now)
            context.report(field,
                           fmt::format("elastic IP {} is fixed, so its '{}' cannot change from {} to {}; delete "
                                       "the document first (S1, Fixed public IP)",
                                       elastic.name, field, was.empty() ? "none" : was, now.empty() ? "none" : now));
    };
    const auto text = [](const std::optional<Address>& address) { return address ? to_string(*address) : ""; };
    check_same("address", to_string(former.address), to_string(elastic.address));
    check_same("interface", former.interface, elastic.interface);
    check_same("privateAddress", text(former.private_address), text(elastic.private_address));
}

} // namespace

void check(const ElasticIp& elastic, RuleContext& context)
{
    check(elastic.bandwidth, context);
    if (elastic.bandwidth && !elastic.bandwidth_package.empty())
        context.report(
            "bandwidthPackage",
            fmt::format("elastic IP {} has 'bandwidth' and 'bandwidthPackage'; it has caps of its own or shares "
                        "those of a package",
                        elastic.name));
    const Interface* interface = context.model().find<Interface>(elastic.interface);
    check_public_address("address", elastic.address, interface ? context.model().vpc_of(*interface) : nullptr,
                         context);
    check_external("host", elastic.host, context);
    if (elastic.private_address && elastic.interface.empty())
        context.report("privateAddress", "'privateAddress' needs 'interface': it is an address of that");
    if (interface) {
        check_private_address(elastic, *interface, context);
        check_gateway(elastic, *interface, context);
        check_siblings(elastic, *interface, context);
        check_whole_mappings(elastic, *interface, context);
    }

    const auto* former = context.former<ElasticIp>(elastic.name);
    if (former && former->fixed)
        check_binding(elastic, *former, context);
    else if (elastic.fixed && elastic.interface.empty())
        context.report("fixed", "'fixed: true' needs 'interface', to which the address stays bound (S1, Fixed public "
                                "IP)");
}

Claims claims(const ElasticIp& elastic, const Model&)
{
    return {public_address_claim(elastic.address)};
}

} // namespace vpcd
