// What 'host' of a NatGateway may say.
#include <set>

#include <fmt/format.h>

#include "model/nat_gateway_rules.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

std::string host_path(std::size_t index, std::string_view key = {})
{
    return fmt::format("host[{}]{}{}", index, key.empty() ? "" : ".", key);
}

void check_own_ports(std::size_t index, const NatGateway& gateway, RuleContext& context)
{
    const PortRange& own = *gateway.hosts[index].ports;
    if (own.first < gateway.ports.first || own.last > gateway.ports.last)
        context.report(host_path(index, "ports"), fmt::format("{} are not all of the gateway's 'ports', {}",
                                                              to_string(own), to_string(gateway.ports)));
    for (std::size_t i = 0; i < index; ++i) {
        const auto& other = gateway.hosts[i];
        if (other.ports && own.first <= other.ports->last && other.ports->first <= own.last)
            context.report(host_path(index, "ports"),
                           fmt::format("{} overlap {} of host {}; hosts that share addresses have different ports",
                                       to_string(own), to_string(*other.ports), other.name));
    }
}

} // namespace

void check_hosts(const NatGateway& gateway, RuleContext& context)
{
    const std::size_t count = gateway.hosts.size();
    const std::size_t ports = gateway.ports.last - gateway.ports.first + std::size_t{1};
    if (count == 0 || count > NatGateway::kMostHosts)
        context.report("host",
                       fmt::format("a NAT gateway has 1 to {} hosts; here are {}", NatGateway::kMostHosts, count));
    else if (count > ports)
        context.report("host", fmt::format("{} hosts share the {} ports of 'ports'; each needs one", count, ports));
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < count; ++i) {
        const NatHost& host = gateway.hosts[i];
        check_external(host_path(i, "name"), host.name, context);
        if (!seen.insert(host.name).second)
            context.report(host_path(i, "name"), fmt::format("host {} is listed twice", host.name));
        if (host.ports.has_value() != gateway.hosts.front().ports.has_value())
            context.report(host_path(i), "either all hosts of a NAT gateway have 'ports' or none has");
        if (host.ports)
            check_own_ports(i, gateway, context);
    }
}

} // namespace vpcd
