// What NatGateway documents may say.
#include "model/nat_gateway_rules.h"

#include <map>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

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

} // namespace

std::string snat_path(std::size_t index, std::string_view key)
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

void check(const NatGateway& gateway, RuleContext& context)
{
    const Vpc* vpc = context.model().find<Vpc>(gateway.vpc);
    check_hosts(gateway, context);
    check_snat(gateway, vpc, context);
    check_dnat(gateway, vpc, context);
    check_apart(gateway, context);
    check(gateway.bandwidth, context);
    if (gateway.ports.first == 0)
        context.report("ports",
                       fmt::format("'ports' are of 1 to {}; here they are {}", kLastPort, to_string(gateway.ports)));
}

} // namespace vpcd
