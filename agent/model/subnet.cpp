#include "model/subnet.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/host.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr unsigned kLargest = 16;
constexpr unsigned kSmallest = 29;

// One without a document says what it is: the person who reads the error never wrote it.
std::string named(const Subnet& subnet, const Model& model)
{
    const Origin* origin = model.origin(id_of(subnet));
    if (!origin->is_generated())
        return fmt::format("subnet {}", to_string(subnet.cidr));
    return fmt::format("subnet {}, the default subnet of zone {},", to_string(subnet.cidr), subnet.zone);
}

void check_place(const Subnet& subnet, const Vpc& vpc, RuleContext& context)
{
    if (subnet.cidr.length() < kLargest || subnet.cidr.length() > kSmallest)
        context.report("cidr", fmt::format("{} is not between /{} and /{} (S2, VSwitch configurations)",
                                           named(subnet, context.model()), kLargest, kSmallest));

    if (!vpc.contains(subnet.cidr))
        context.report("cidr",
                       fmt::format("{} is not inside a block of VPC {} ({}); a subnet is part of one block (S2, "
                                   "VSwitch configurations)",
                                   named(subnet, context.model()), vpc.name, to_string(vpc.cidrs)));
}

void check_siblings(const Subnet& subnet, const Vpc& vpc, RuleContext& context)
{
    const Subnet* other = context.overlap(subnet);
    if (!other)
        return;
    const bool is_whole_block = std::ranges::any_of(
        vpc.cidrs, [&](const Prefix& block) { return block == subnet.cidr || block == other->cidr; });
    context.report("cidr", fmt::format("{} overlaps subnet {} ({}, {}); {} (S2, VSwitch configurations)",
                                       named(subnet, context.model()), other->name, to_string(other->cidr),
                                       context.place(id_of(*other), "cidr"),
                                       is_whole_block ? "a subnet equal to its VPC's block is the only one in it"
                                                      : "subnets of one VPC may not overlap"));
}

} // namespace

void check(const Subnet& subnet, RuleContext& context)
{
    context.check_name("zone", subnet.zone, kLongestZone);
    const Vpc* vpc = context.model().find<Vpc>(subnet.vpc);
    if (context.check_family("cidr", subnet.cidr) && vpc) {
        check_place(subnet, *vpc, context);
        check_siblings(subnet, *vpc, context);
    }

    const RouteTable* table = context.model().find<RouteTable>(subnet.route_table);
    if (table && table->vpc != subnet.vpc)
        context.report(
            "routeTable",
            fmt::format("route table {} ({}) belongs to VPC {}, not to {}; a subnet is bound to a table of "
                        "its own VPC (S2, Route table)",
                        table->name, context.place(id_of(*table)), table->vpc, subnet.vpc));

    const NetworkAcl* acl = context.model().find<NetworkAcl>(subnet.network_acl);
    if (acl && acl->vpc != subnet.vpc)
        context.report("networkAcl",
                       fmt::format("network ACL {} ({}) belongs to VPC {}, not to {}; a subnet has an ACL of its own "
                                   "VPC",
                                   acl->name, context.place(id_of(*acl)), acl->vpc, subnet.vpc));
}

Claims claims(const Subnet&, const Model&)
{
    return {};
}

} // namespace vpcd
