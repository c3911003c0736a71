#include "model/interface.h"

#include <algorithm>

#include <fmt/format.h>
#include <vpcd/abi/limits.h>

#include "model/defaults.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

// The datapath's own: what their last byte says is believed by every host.
bool is_own_mac(const Mac& mac)
{
    static constexpr std::array<std::uint8_t, 6> kRouter VPCD_ROUTER_MAC;
    return std::equal(kRouter.begin(), kRouter.begin() + VPCD_OWN_MAC_BYTES, mac.abi().byte);
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
    else if (is_own_mac(interface.mac))
        context.report("mac", fmt::format("{} is one of the datapath's own MACs, 02:76:70:63:64:00 to :ff; no "
                                          "interface may have it",
                                          to_string(interface.mac)));
}

std::string secondary_path(std::size_t index)
{
    return fmt::format("secondaryAddresses[{}]", index);
}

void check_group(const std::string& path, const SecurityGroup& group, const std::string& vpc, RuleContext& context)
{
    if (group.vpc != vpc)
        context.report(path, fmt::format("security group {} ({}) is in VPC {}, not in {}; an interface has groups of "
                                         "its own VPC",
                                         group.name, context.place(id_of(group)), group.vpc, vpc));
}

// The rules of all groups decide together. A group that alone has too many is told at the group.
void check_rules_together(const std::string& name, const std::vector<const SecurityGroup*>& groups,
                          RuleContext& context)
{
    for (const auto& [word, direction] : names(Direction{})) {
        std::size_t sum = 0;
        std::size_t most = 0;
        std::vector<std::string> parts;
        for (const auto* group : groups) {
            const std::size_t count = context.rule_counts(*group).of(direction);
            sum += count;
            most = std::max(most, count);
            parts.push_back(fmt::format("{} {}", group->name, count));
        }
        if (sum > VPCD_RULES && most <= VPCD_RULES)
            context.report(
                "securityGroups",
                fmt::format("the security groups of interface {} have {} {} rules ({}); together there may "
                            "be {} in one direction",
                            name, sum, word, fmt::join(parts, ", "), VPCD_RULES));
    }
}

std::string group_path(std::size_t index)
{
    return fmt::format("securityGroups[{}]", index);
}

void check_groups(const Interface& interface, RuleContext& context)
{
    const auto& names = interface.security_groups;
    const auto most = context.quotas().groups_per_interface;
    if (names.size() > most)
        context.report(group_path(most),
                       fmt::format("interface {} names {} security groups; an interface has at most "
                                   "{} (quotas.groupsPerInterface)",
                                   interface.name, names.size(), most));
    const Subnet* subnet = context.model().subnet_of(interface);
    std::vector<const SecurityGroup*> groups;
    for (auto name = names.begin(); name != names.end(); ++name) {
        const auto path = group_path(static_cast<std::size_t>(name - names.begin()));
        if (std::find(names.begin(), name, *name) != name) {
            context.report(path, fmt::format("security group {} is listed twice", *name));
            continue;
        }
        const SecurityGroup* builtin = builtin_group(*name);
        const SecurityGroup* group = builtin ? builtin : context.model().find<SecurityGroup>(*name);
        if (!group)
            continue;
        groups.push_back(group);
        if (!builtin && subnet)
            check_group(path, *group, subnet->vpc, context);
    }
    check_rules_together(interface.name, groups, context);
}

} // namespace

void check_in_subnet(const std::string& path, const Address& address, const Subnet& subnet, RuleContext& context)
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
            context.report(path, fmt::format("{} is outside subnet {} ({}, {}); an address is in its "
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

Claim private_address_claim(const Address& address, std::string_view vpc)
{
    return {.noun = "address",
            .value = address,
            .within = " in VPC ",
            .scope = vpc,
            .field = "address",
            .rule = "an address belongs to one interface of a VPC"};
}

std::vector<std::string> group_names(const Interface& interface, std::string_view vpc)
{
    if (interface.security_groups.empty())
        return {std::string{vpc == Vpc::kDefaultName ? SecurityGroup::kDefault2 : SecurityGroup::kDefault1}};
    auto names = interface.security_groups;
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

const Interface* interface_at(const Address& address, std::string_view vpc, const Model& model)
{
    const auto owners = model.claimants(private_address_claim(address, vpc));
    for (const ResourceId& owner : owners)
        if (owner.kind == Interface::kKind)
            return model.find<Interface>(owner.name);
    return nullptr;
}

void check(const Interface& interface, RuleContext& context)
{
    check(interface.bandwidth, context);
    if (interface.subnet.empty() && interface.host.empty())
        context.report({}, fmt::format("interface {} has neither 'subnet' nor 'host', so its zone is unknown; add "
                                       "'subnet', or 'host' to be in the default subnet of the host's zone",
                                       interface.name));
    if (const Subnet* subnet = context.model().subnet_of(interface)) {
        check_in_subnet("address", interface.address, *subnet, context);
        for (std::size_t i = 0; i < interface.secondary_addresses.size(); ++i)
            check_in_subnet(secondary_path(i), interface.secondary_addresses[i], *subnet, context);
    }
    check_mac(interface, context);
    if (!interface.security_groups.empty())
        check_groups(interface, context);

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
            Claim claim = private_address_claim(value, subnet->vpc);
            claim.field = field;
            claim.item = item;
            found.push_back(claim);
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
