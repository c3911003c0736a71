#include "model/vpc.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vpcd/abi/limits.h>

#include "model/overlaps.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr std::uint32_t ip(unsigned a, unsigned b)
{
    return (a << 24) | (b << 16);
}

struct Block {
    Prefix prefix;
    std::string_view use;
};

const std::vector<Prefix>& standard_blocks()
{
    static const std::vector<Prefix> kBlocks{Prefix::of(Address::v4(ip(10, 0)), 8),
                                             Prefix::of(Address::v4(ip(172, 16)), 12),
                                             Prefix::of(Address::v4(ip(192, 168)), 16)};
    return kBlocks;
}

const std::vector<Block>& forbidden_blocks()
{
    static const std::vector<Block> kBlocks{{kServiceBlock, "kept for services"},
                                            {Prefix::of(Address::v4(ip(127, 0)), 8), "loopback"},
                                            {Prefix::of(Address::v4(ip(169, 254)), 16), "link-local"},
                                            {Prefix::of(Address::v4(ip(224, 0)), 4), "multicast"},
                                            {Prefix::of(Address::v4(ip(240, 0)), 4), "reserved (RFC 1112)"},
                                            {Prefix::of(Address::v4(0), 8), "\"this network\""}};
    return kBlocks;
}

void check_block(const std::string& path, const Prefix& cidr, bool allow_public, RuleContext& context)
{
    if (!context.check_family(path, cidr))
        return;
    for (const auto& [prefix, use] : forbidden_blocks())
        if (cidr.overlaps(prefix)) {
            context.report(path, fmt::format("block {} overlaps {} ({}); no VPC may use that", to_string(cidr),
                                             to_string(prefix), use));
            return;
        }
    const bool is_standard =
        std::ranges::any_of(standard_blocks(), [&](const Prefix& block) { return block.contains(cidr); });
    if (!is_standard && !allow_public)
        context.report(path, fmt::format("block {} is not inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, and "
                                         "'allowPublicCidr: true' is not set (S2, VPC configurations)",
                                         to_string(cidr)));
}

std::string cidr_path(std::size_t index)
{
    return fmt::format("cidrs[{}]", index);
}

// Reported once per block, with the first written one that it meets.
void check_overlaps(const Vpc& vpc, RuleContext& context)
{
    std::vector<std::size_t> order(vpc.cidrs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});

    std::map<std::size_t, std::size_t> met; // later -> earlier
    for_each_overlap(
        order, [&](std::size_t i) { return vpc.cidrs[i]; },
        [&](std::size_t i, std::size_t j) {
            const auto [earlier, later] = std::minmax(i, j);
            const auto entry = met.emplace(later, earlier).first;
            entry->second = std::min(entry->second, earlier);
        });
    for (const auto& [later, earlier] : met)
        context.report(cidr_path(later),
                       fmt::format("block {} overlaps block {} ({}); blocks of one VPC may not overlap",
                                   to_string(vpc.cidrs[later]), to_string(vpc.cidrs[earlier]),
                                   context.place(id_of(vpc), cidr_path(earlier))));
}

} // namespace

const std::vector<std::pair<std::string_view, Midstream>>& names(Midstream)
{
    static const std::vector<std::pair<std::string_view, Midstream>> kNames{
        {"after-move", Midstream::AfterMove},
        {"accept", Midstream::Accept},
        {"drop", Midstream::Drop},
    };
    return kNames;
}

std::string to_string(const std::vector<Prefix>& blocks)
{
    std::vector<std::string> texts;
    for (const auto& block : blocks)
        texts.push_back(to_string(block));
    return fmt::format("{}", fmt::join(texts, ", "));
}

void check(const Vpc& vpc, RuleContext& context)
{
    if (vpc.vni == 0 || vpc.vni > VPCD_MAX_VNI)
        context.report("vni", fmt::format("VNI {} is not in 1 to {} (RFC 7348, 5)", vpc.vni, VPCD_MAX_VNI));
    else if (vpc.vni == Vpc::kDefaultVni && vpc.name != Vpc::kDefaultName)
        context.report("vni", fmt::format("VNI {} is kept for VPC {}", Vpc::kDefaultVni, Vpc::kDefaultName));

    if (vpc.cidrs.empty())
        context.report("cidrs", "there is no block; a VPC needs at least one");
    for (std::size_t i = 0; i < vpc.cidrs.size(); ++i)
        check_block(cidr_path(i), vpc.cidrs[i], vpc.allow_public_cidr, context);
    check_overlaps(vpc, context);

    if (vpc.connections && (*vpc.connections == 0 || *vpc.connections > kMostConnections))
        context.report("connections",
                       fmt::format("{} connections is not in 1 to {}", *vpc.connections, kMostConnections));
}

Claims claims(const Vpc& vpc, const Model&)
{
    return {{.noun = "VNI", .value = vpc.vni, .field = "vni", .rule = "a VNI belongs to one VPC"}};
}

} // namespace vpcd
