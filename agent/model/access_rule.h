// What rules of security groups and of network ACLs have in common: which packets they are about, and what they say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "model/fields.h"

namespace vpcd {

enum class Direction { Ingress, Egress };
const std::vector<std::pair<std::string_view, Direction>>& names(Direction);

enum class RulePolicy { Allow, Drop };
const std::vector<std::pair<std::string_view, RulePolicy>>& names(RulePolicy);

// "tcp", "udp", "icmp", "gre", "esp", "all", or the number of IANA's list, 0 to 255.
struct IpProtocol {
    std::optional<std::uint8_t> number; // empty: all

    static Result<IpProtocol> parse(std::string_view text);
    friend auto operator<=>(const IpProtocol&, const IpProtocol&) = default;
};
std::string to_string(IpProtocol);

// "443" or "8000-8080", both ends included. 0 to 65535.
struct PortRange {
    static constexpr bool kMayStandAlone = true;

    std::uint16_t first = 0;
    std::uint16_t last = 0;

    static Result<PortRange> parse(std::string_view text);
    friend auto operator<=>(const PortRange&, const PortRange&) = default;
};
std::string to_string(PortRange);

// Exist in every VPC without a document, see security_group.h.
inline constexpr std::array<std::string_view, 2> kBuiltinGroups{"default-1", "default-2"};
inline constexpr Reference kGroupReference{"SecurityGroup", false, kBuiltinGroups};

// Who is at the other end. At most one member is set; none: anybody. A document may write a block alone,
// "10.0.0.0/8".
struct Peer {
    std::optional<Prefix> cidr;
    std::string group;       // SecurityGroup of the same VPC; not in network ACLs
    std::string prefix_list; // PrefixList

    friend bool operator==(const Peer&, const Peer&) = default;

    static constexpr std::string_view kShorthand = "cidr"; // the field a lone word is

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("cidr", self.cidr);
        visit.optional("group", self.group, kGroupReference);
        visit.optional("prefixList", self.prefix_list, Reference{"PrefixList", false});
    }
};

// "anybody", "10.0.0.0/8", "group web", "prefix list office"
std::string to_string(const Peer&);

// What a rule says of packets. Ports are the destination's, those of the packet that opens the connection; only with
// protocol tcp or udp. ICMP type and code only with protocol icmp, the code only with a type.
struct AccessRule {
    Direction direction = Direction::Ingress;
    RulePolicy policy = RulePolicy::Allow;
    IpProtocol protocol;
    std::vector<PortRange> ports; // empty: any. A document may write one without a list.
    std::optional<unsigned> icmp_type;
    std::optional<unsigned> icmp_code;
    Peer peer;

    friend bool operator==(const AccessRule&, const AccessRule&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("direction", self.direction);
        visit.optional("policy", self.policy);
        visit.optional("protocol", self.protocol);
        visit.optional("ports", self.ports);
        visit.optional("icmpType", self.icmp_type);
        visit.optional("icmpCode", self.icmp_code);
        visit.optional("peer", self.peer);
    }
};

// "ingress allow tcp 80, 443 from 0.0.0.0/0": the same text for rules that say the same.
std::string to_string(const AccessRule&);

// By direction.
struct RuleCounts {
    std::size_t ingress = 0;
    std::size_t egress = 0;

    std::size_t of(Direction direction) const { return direction == Direction::Ingress ? ingress : egress; }
};

RuleCounts count_rules(const auto& rules)
{
    RuleCounts counts;
    for (const AccessRule& rule : rules)
        ++(rule.direction == Direction::Ingress ? counts.ingress : counts.egress);
    return counts;
}

// At most VPCD_RULES in each direction; `owner` has them at `path`: "security group web".
void check_rule_counts(std::string_view path, std::string_view owner, const RuleCounts&, RuleContext&);

// The rules of single values, for check() of both kinds; `path` is that of the rule: "rules[2]".
void check_access_rule(const std::string& path, const AccessRule&, RuleContext&);

} // namespace vpcd
