#include "model/interface.h"

#include <fmt/format.h>
#include <vpcd/abi/limits.h>

#include "model/defaults.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

void check_address(const std::string& path, const Address& address, const Subnet& subnet, RuleContext& context)
{
    if (!context.check_family(path, address) || !subnet.cidr.address().is_v4())
        return;
    if (!subnet.cidr.contains(address)) {
        const Origin* origin = context.model().origin(id_of(subnet));
        if (const Interface* cause = origin->is_generated() ? cause_of(subnet, context.model()) : nullptr)
            context.report(path, fmt::format("{} is outside {}, the default subnet of zone {} since interface {} "
                                             "({}); interfaces without 'subnet' share one /20 in a zone (S2, Default "
                                             "VPC and VSwitch)",
                                             to_string(address), to_string(subnet.cidr), subnet.zone, cause->name,
                                             context.place(id_of(*cause), "address")));
        else
            context.report(path, fmt::format("{} is outside subnet {} ({}, {}); an address is in its interface's "
                                             "subnet",
                                             to_string(address), subnet.name, to_string(subnet.cidr),
                                             context.place(id_of(subnet), "cidr")));
    } else if (subnet.reserves(address)) {
        context.report(path, fmt::format("{} is reserved in subnet {} ({}); the first and the last three addresses "
                                         "are, and {} is the gateway (S2, VSwitch configurations)",
                                         to_string(address), subnet.name, to_string(subnet.cidr),
                                         to_string(subnet.gateway())));
    }
}

void check_mac(const Interface& interface, RuleContext& context)
{
    static constexpr Mac kRouter{std::array<std::uint8_t, 6> VPCD_ROUTER_MAC};
    if (interface.mac.is_zero() || interface.mac.is_multicast())
        context.report("mac", fmt::format("{} is not the MAC of one card; it must be unicast and not zero",
                                          to_string(interface.mac)));
    else if (interface.mac == kRouter)
        context.report(
            "mac", fmt::format("{} is the virtual router's MAC; no interface may have it", to_string(interface.mac)));
}

std::string secondary_path(std::size_t index)
{
    return fmt::format("secondaryAddresses[{}]", index);
}

} // namespace

void check(const Interface& interface, RuleContext& context)
{
    if (interface.subnet.empty() && interface.host.empty())
        context.report({}, fmt::format("interface {} has neither 'subnet' nor 'host', so its zone is unknown; add "
                                       "'subnet', or 'host' to be in the default subnet of the host's zone",
                                       interface.name));
    if (const Subnet* subnet = context.model().subnet_of(interface)) {
        check_address("address", interface.address, *subnet, context);
        for (std::size_t i = 0; i < interface.secondary_addresses.size(); ++i)
            check_address(secondary_path(i), interface.secondary_addresses[i], *subnet, context);
    }
    check_mac(interface, context);

    if (!interface.device.empty())
        context.check_device("device", interface.device);
    else if (!interface.host.empty())
        context.report("host", fmt::format("interface {} is on host {} but has no 'device'; name its network device "
                                           "there",
                                           interface.name, interface.host));
}

Claims claims(const Interface& interface, const Model& model)
{
    Claims found;
    if (const Subnet* subnet = model.subnet_of(interface)) {
        const auto address = [&](const Address& value, std::string_view field, int item) {
            found.push_back({.noun = "address",
                             .value = value,
                             .within = " in VPC ",
                             .scope = subnet->vpc,
                             .field = field,
                             .item = item,
                             .rule = "an address belongs to one interface of a VPC"});
        };
        address(interface.address, "address", -1);
        for (std::size_t i = 0; i < interface.secondary_addresses.size(); ++i)
            address(interface.secondary_addresses[i], "secondaryAddresses", static_cast<int>(i));
        found.push_back({.noun = "MAC",
                         .value = interface.mac,
                         .within = " in VPC ",
                         .scope = subnet->vpc,
                         .field = "mac",
                         .rule = "a MAC belongs to one interface of a VPC"});
    }
    if (!interface.host.empty() && !interface.device.empty())
        found.push_back({.noun = "device",
                         .value = std::string_view{interface.device},
                         .within = " of host ",
                         .scope = interface.host,
                         .field = "device",
                         .rule = "a device belongs to one interface"});
    return found;
}

} // namespace vpcd
