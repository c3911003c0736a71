#include "model/public_address.h"

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

const std::vector<std::pair<std::string_view, Announce>>& names(Announce)
{
    static const std::vector<std::pair<std::string_view, Announce>> kNames{
        {"arp", Announce::Arp},
        {"route", Announce::Route},
    };
    return kNames;
}

Result<PublicAddress> PublicAddress::parse(std::string_view text)
{
    const auto address = Address::parse(text);
    if (!address)
        return std::unexpected(address.error());
    return PublicAddress{*address};
}

void check_public_address(const std::string& path, const Address& address, const Vpc* vpc, RuleContext& context)
{
    if (!context.check_family(path, address))
        return;
    if (!is_unicast(address)) {
        context.report(
            path, fmt::format("{} cannot be a public address; it must be a unicast address", to_string(address)));
    } else if (kServiceBlock.contains(address)) {
        context.report(path, fmt::format("{} is inside {}, which is kept for services; it cannot be a public address",
                                         to_string(address), to_string(kServiceBlock)));
    } else if (vpc && vpc->contains(address)) {
        context.report(path, fmt::format("{} is inside a block of VPC {} ({}, {}); a public address is outside the "
                                         "VPC that it serves",
                                         to_string(address), vpc->name, to_string(vpc->cidrs),
                                         context.place(id_of(*vpc), "cidrs")));
    }
}

void check_external(const std::string& path, const std::string& host, RuleContext& context)
{
    const Host* declared = context.model().find<Host>(host);
    if (declared && !declared->has_external())
        context.report(path,
                       fmt::format("host {} ({}) has no 'external', the device that leads to the Internet; only "
                                   "a host that has it serves public addresses",
                                   host, context.place(id_of(*declared))));
}

Claim public_address_claim(const Address& address)
{
    return {.noun = "public address",
            .value = address,
            .field = "address",
            .rule = "a public address belongs to one ElasticIp, NatGateway or LoadBalancer"};
}

} // namespace vpcd
