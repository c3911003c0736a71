#include "model/nat_gateway.h"

#include <algorithm>
#include <set>

#include "model/model.h"

namespace vpcd {

const std::vector<std::pair<std::string_view, NatProtocol>>& names(NatProtocol)
{
    static const std::vector<std::pair<std::string_view, NatProtocol>> kNames{
        {"tcp", NatProtocol::Tcp},
        {"udp", NatProtocol::Udp},
    };
    return kNames;
}

const std::vector<std::pair<std::string_view, NatMapping>>& names(NatMapping)
{
    static const std::vector<std::pair<std::string_view, NatMapping>> kNames{
        {"per-destination", NatMapping::PerDestination},
        {"endpoint-independent", NatMapping::EndpointIndependent},
    };
    return kNames;
}

std::optional<Prefix> source_of(const SnatEntry& entry, const Model& model)
{
    if (entry.subnet.empty())
        return entry.cidr;
    const Subnet* subnet = model.find<Subnet>(entry.subnet);
    return subnet ? std::optional{subnet->cidr} : std::nullopt;
}

std::vector<PortRange> slices_of(const NatGateway& gateway)
{
    const std::size_t count = gateway.hosts.size();
    const std::size_t ports = gateway.ports.last - gateway.ports.first + std::size_t{1};
    const auto port_at = [&](std::size_t part) { return gateway.ports.first + ports * part / count; };
    std::vector<PortRange> slices;
    slices.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        slices.push_back(gateway.hosts[i].ports.value_or(
            PortRange{static_cast<std::uint16_t>(port_at(i)), static_cast<std::uint16_t>(port_at(i + 1) - 1)}));
    return slices;
}

bool is_served_by(const NatGateway& gateway, std::string_view host)
{
    return std::ranges::find(gateway.hosts, host, &NatHost::name) != gateway.hosts.end();
}

Claim whole_mapping_claim(const Address& to, std::string_view vpc)
{
    return {.noun = "whole mapping to",
            .value = to,
            .within = " in VPC ",
            .scope = vpc,
            .field = "dnat",
            .part = "to",
            .rule = "a private address has one public address"};
}

// A public address once, where it is written first, however many entries share it.
Claims claims(const NatGateway& gateway, const Model&)
{
    Claims found;
    std::set<Address> seen;
    const auto own = [&](const Address& address, std::string_view field, std::size_t item, std::string_view part,
                         int part_item) {
        if (!seen.insert(address).second)
            return;
        Claim claim = public_address_claim(address);
        claim.field = field;
        claim.item = static_cast<int>(item);
        claim.part = part;
        claim.part_item = part_item;
        found.push_back(claim);
    };
    for (std::size_t i = 0; i < gateway.snat.size(); ++i)
        for (std::size_t j = 0; j < gateway.snat[i].addresses.size(); ++j)
            own(gateway.snat[i].addresses[j], "snat", i, "addresses", static_cast<int>(j));
    for (std::size_t i = 0; i < gateway.dnat.size(); ++i) {
        own(gateway.dnat[i].address, "dnat", i, "address", -1);
        if (gateway.dnat[i].is_whole()) {
            Claim claim = whole_mapping_claim(gateway.dnat[i].to, gateway.vpc);
            claim.item = static_cast<int>(i);
            found.push_back(claim);
        }
    }
    return found;
}

} // namespace vpcd
