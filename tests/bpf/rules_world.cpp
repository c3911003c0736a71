#include "rules_world.h"

#include <algorithm>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>

namespace vpcd::test {
namespace {

struct Block {
    std::uint32_t address, bits;
};

Block parse_block(const std::string& text)
{
    const auto slash = text.find('/');
    return {ipv4(text.substr(0, slash)), static_cast<std::uint32_t>(std::stoul(text.substr(slash + 1)))};
}

bool same_bits(std::uint32_t a, std::uint32_t b, std::uint32_t bits, std::uint32_t width)
{
    return bits == 0 || (a ^ b) >> (width - bits) == 0;
}

// Does every peer of `row` match the rule?
bool covers(const Rule& rule, const Block& row)
{
    if (rule.block.empty())
        return false;
    const auto block = parse_block(rule.block);
    return block.bits <= row.bits && same_bits(block.address, row.address, block.bits, 32);
}

// Protocol and port of a row.
struct Port {
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
    std::uint32_t bits = 0;

    explicit Port(const Rule& rule)
        : protocol{rule.protocol}, port{rule.port.value_or(0)}, bits{rule.port ? rule.port_bits : 0}
    {
    }
};

bool covers(const Rule& rule, const Port& row)
{
    const Port own{rule};
    return own.protocol == 0 ||
           (own.protocol == row.protocol && own.bits <= row.bits && same_bits(own.port, row.port, own.bits, 16));
}

template <typename Matches>
rule_bits bits_of(const Rules& rules, const Matches& matches)
{
    rule_bits out{};
    for (const auto& rule : rules)
        if (matches(rule))
            out.word[rule.bit / 64] |= 1ull << rule.bit % 64;
    return out;
}

} // namespace

void RulesWorld::write_peers(std::uint32_t rule_set, const Rules& rules) const
{
    for (const auto& rule : rules) {
        if (rule.block.empty())
            continue;
        const auto row = parse_block(rule.block);
        const rule_peer_key key{RULE_PEER_PREFIX_FIXED + 96 + row.bits, rule_set, to_address(row.address)};
        datapath.put("rule_peers", key, bits_of(rules, [&](const Rule& each) { return covers(each, row); }));
    }
}

void RulesWorld::write_groups(std::uint32_t rule_set, const Rules& rules) const
{
    for (const auto& rule : rules)
        if (rule.group_set)
            datapath.put("rule_groups", rule_group_key{rule_set, rule.group_set},
                         bits_of(rules, [&](const Rule& each) { return each.group_set == rule.group_set; }));
}

void RulesWorld::write_ports(std::uint32_t rule_set, const Rules& rules) const
{
    for (const auto& rule : rules) {
        const Port row{rule};
        const rule_port_key key{.prefix_len = RULE_PORT_PREFIX_FIXED + (row.protocol ? 8 + row.bits : 0),
                                .rule_set = rule_set,
                                .protocol = row.protocol,
                                .port = {static_cast<__u8>(row.port >> 8), static_cast<__u8>(row.port & 0xff)},
                                .pad = 0};
        datapath.put("rule_ports", key, bits_of(rules, [&](const Rule& each) { return covers(each, row); }));
    }
}

std::uint32_t RulesWorld::rule_set(const Rules& rules, rule_verdict otherwise)
{
    const auto id = ++rule_sets_;
    datapath.put("rule_sets", id, ::rule_set{.otherwise = static_cast<__u32>(otherwise), .vpc = kVpc});
    for (const auto& rule : rules)
        datapath.put("rules", rule_key{id, rule.bit},
                     ::rule{.id = id_of(id, rule.bit), .verdict = static_cast<__u32>(rule.verdict), .pad = 0});
    write_peers(id, rules);
    write_groups(id, rules);
    write_ports(id, rules);
    return id;
}

std::uint32_t RulesWorld::policy(std::uint32_t even_epoch, std::uint32_t odd_epoch)
{
    const auto id = ++policies_;
    datapath.put("policies", id, ::policy{.rule_set = {even_epoch, odd_epoch}});
    return id;
}

std::uint32_t RulesWorld::inbound(const Instance& who, const Rules& rules, rule_verdict otherwise)
{
    const auto id = rule_set(rules, otherwise);
    who.change([&](auto& i) { i.ingress_policy = policy(id); });
    return id;
}

std::uint32_t RulesWorld::outbound(const Instance& who, const Rules& rules, rule_verdict otherwise)
{
    const auto id = rule_set(rules, otherwise);
    who.change([&](auto& i) { i.egress_policy = policy(id); });
    return id;
}

void RulesWorld::change_subnet(std::uint32_t subnet, const std::function<void(::subnet&)>& edit) const
{
    ::subnet row{};
    REQUIRE(datapath.get("subnets", subnet_key{kVpc, subnet}, row));
    edit(row);
    datapath.put("subnets", subnet_key{kVpc, subnet}, row);
}

std::uint32_t RulesWorld::acl_in(std::uint32_t subnet, const Rules& rules)
{
    const auto id = rule_set(rules);
    change_subnet(subnet, [&](auto& s) { s.ingress_policy = policy(id); });
    return id;
}

std::uint32_t RulesWorld::acl_out(std::uint32_t subnet, const Rules& rules)
{
    const auto id = rule_set(rules);
    change_subnet(subnet, [&](auto& s) { s.egress_policy = policy(id); });
    return id;
}

void RulesWorld::member(std::string_view address, std::uint32_t group_set, std::uint32_t vni)
{
    const endpoint_key key{to_address(ipv4(address)), vni};
    ::endpoint row{};
    REQUIRE(datapath.get("endpoints", key, row));
    row.group_set = group_set;
    datapath.put("endpoints", key, row);
}

Outcome RulesWorld::arrives(const Remote& from, const Instance& to, Packet packet, Via via)
{
    packet.by_default(from.mac, to.mac, ipv4(from.address)).to(to.address);
    return receives(tunnelled(ENCAPSULATION_VXLAN, packet), via);
}

void RulesWorld::change_vpc(const std::function<void(::vpc&)>& edit)
{
    ::vpc row{};
    REQUIRE(datapath.get("vpcs", vpc_key{kVpc}, row));
    edit(row);
    datapath.put("vpcs", vpc_key{kVpc}, row);
}

std::uint64_t RulesWorld::hits(std::uint64_t rule, std::uint32_t vni) const
{
    rule_hits found{};
    datapath.get("rule_hits", rule_hit_key{.rule = rule, .vpc = vni, .pad = 0}, found);
    return found.packets;
}

std::uint64_t RulesWorld::established(std::uint32_t vni) const
{
    flow_count found{};
    datapath.get("flow_counts", vpc_key{vni}, found);
    return found.entries;
}

flow_key key_of(std::string_view from, std::string_view to, std::uint32_t entry, std::uint8_t protocol,
                std::uint16_t from_port, std::uint16_t to_port, std::uint32_t vni)
{
    flow_key out{};
    out.source = to_address(ipv4(from));
    out.destination = to_address(ipv4(to));
    out.vpc = vni;
    out.entry = entry;
    out.source_port = htons(from_port);
    out.destination_port = htons(to_port);
    out.protocol = protocol;
    return out;
}

std::uint32_t tunnel_entry(const Instance& receiver)
{
    const auto& mac = receiver.mac;
    const auto low = static_cast<std::uint32_t>(mac[2]) << 24 | static_cast<std::uint32_t>(mac[3]) << 16 |
                     static_cast<std::uint32_t>(mac[4]) << 8 | mac[5];
    return FLOW_ENTRY_UNDERLAY | (low & FLOW_ENTRY_MAC_MASK);
}

} // namespace vpcd::test
