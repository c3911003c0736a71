// Rules as rows of the tables, written without the planner: what a test says is what decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "tunnel_packets.h"

namespace vpcd::test {

constexpr auto kAllow = RULE_VERDICT_ALLOW, kDrop = RULE_VERDICT_DROP;
constexpr std::uint8_t kTcp = IPPROTO_TCP, kUdp = IPPROTO_UDP, kIcmp = IPPROTO_ICMP;

// Matches what nothing of it rules out.
struct Rule {
    std::uint32_t bit = 0; // its place: of all that match the lowest decides
    rule_verdict verdict = kAllow;
    std::string block = "0.0.0.0/0";        // of the peer; empty: only the group counts
    std::uint32_t group_set = 0;            // of the peer; 0: no group is meant
    std::uint8_t protocol = 0;              // 0: any
    std::optional<std::uint16_t> port = {}; // ICMP: type * 256 + code
    std::uint32_t port_bits = 16;           // how many bits of it count
};
using Rules = std::vector<Rule>;

constexpr std::uint16_t icmp_port(std::uint8_t type, std::uint8_t code = 0)
{
    return static_cast<std::uint16_t>(type << 8 | code);
}

constexpr std::uint64_t id_of(std::uint32_t rule_set, std::uint32_t bit)
{
    return rule_set * 10'000ull + bit + RULE_IDS;
}

// Instances here, in two subnets, and their likes on another host. Everything is allowed until a test says otherwise.
struct RulesWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance web = interface("10.0.1.10");
    Instance neighbour = interface("10.0.1.11");
    Instance database = interface("10.0.2.10");
    Remote far_web = far("10.0.1.20", other);
    Remote far_database = far("10.0.2.20", other);

    std::uint32_t rule_set(const Rules& rules, rule_verdict otherwise = kDrop);
    std::uint32_t policy(std::uint32_t even_epoch, std::uint32_t odd_epoch);
    std::uint32_t policy(std::uint32_t rule_set) { return policy(rule_set, rule_set); }

    // Of the security groups of an interface. The number of the rule set that is new.
    std::uint32_t inbound(const Instance& who, const Rules& rules, rule_verdict otherwise = kDrop);
    std::uint32_t outbound(const Instance& who, const Rules& rules, rule_verdict otherwise = kDrop);
    // Of the network ACL of a subnet.
    std::uint32_t acl_in(std::uint32_t subnet, const Rules& rules);
    std::uint32_t acl_out(std::uint32_t subnet, const Rules& rules);
    void member(std::string_view address, std::uint32_t group_set, std::uint32_t vni = kVpc);

    // From one of the other host to one here.
    Outcome arrives(const Remote& from, const Instance& to, Packet packet, Via via = Via::kTc);
    void change_vpc(const std::function<void(::vpc&)>& edit);
    std::uint64_t hits(std::uint64_t rule, std::uint32_t vni = kVpc) const;
    std::uint64_t established(std::uint32_t vni = kVpc) const; // entries of `flows` that are counted

private:
    void write_peers(std::uint32_t rule_set, const Rules& rules) const;
    void write_groups(std::uint32_t rule_set, const Rules& rules) const;
    void write_ports(std::uint32_t rule_set, const Rules& rules) const;
    void change_subnet(std::uint32_t subnet, const std::function<void(::subnet&)>& edit) const;

    std::uint32_t rule_sets_ = 0, policies_ = 0;
};

// Delivered to an instance of this host: by TC at once, by XDP when TC goes on with it.
inline Verdict let_through(Via via)
{
    return via == Via::kTc ? kRedirected : kPassed;
}

flow_key key_of(std::string_view from, std::string_view to, std::uint32_t entry, std::uint8_t protocol,
                std::uint16_t from_port, std::uint16_t to_port, std::uint32_t vni = kVpc);
std::uint32_t tunnel_entry(const Instance& receiver); // of what comes out of the tunnel for it

} // namespace vpcd::test
