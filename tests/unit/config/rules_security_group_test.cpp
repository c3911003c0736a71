// Rules of SecurityGroup, and of the rules it has in common with NetworkAcl.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// A group of VPC blue with one rule for inbound packets, whose first key is at column 6 of line 5.
std::string group(const std::string& rule)
{
    return fmt::format("kind: SecurityGroup\nname: g\nvpc: blue\nrules:\n  - {{{}, direction: ingress}}\n", rule);
}

std::string rules(std::string_view direction, std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("  - {{direction: {}, protocol: tcp, ports: {}}}\n", direction, i);
    return text;
}

} // namespace

TEST_CASE("a security group says who may talk to whom")
{
    check_rows({
        {"without rules", "{kind: SecurityGroup, name: g, vpc: blue}\n", {}},
        {"with every field",
         "{kind: PrefixList, name: p, prefixes: [10.0.0.0/8]}\n"
         "---\nkind: SecurityGroup\nname: g\nvpc: blue\nisolated: true\negressDefault: drop\nrules:\n"
         "  - {direction: ingress, policy: drop, protocol: udp, ports: [53, 1-2], peer: 0.0.0.0/0, priority: 100}\n"
         "  - {direction: egress, protocol: icmp, icmpType: 0, icmpCode: 255, peer: {prefixList: p}}\n"
         "  - {direction: egress, protocol: 255, peer: {group: g}, priority: 1}\n"
         "  - {direction: egress, protocol: 6, ports: 0-65535, peer: {cidr: 0.0.0.0/0}}\n",
         {}},
        {"peers that need no document",
         group("peer: {group: default-1}") + "---\n" +
             "{kind: SecurityGroup, name: h, vpc: red, rules: [{direction: egress, peer: {group: default-2}}]}\n",
         {}},
    });
}

TEST_CASE("names and peers of security groups")
{
    check_rows({
        {"the names of the default groups are taken",
         "{kind: SecurityGroup, name: default-1, vpc: blue}\n--- {kind: SecurityGroup, name: default-2, vpc: red}\n",
         {"net.yaml:1:29: every VPC has a security group default-1 of its own; give this one another name",
          "net.yaml:2:33: every VPC has a security group default-2 of its own; give this one another name"}},
        {"names that lead nowhere",
         "{kind: SecurityGroup, name: g, vpc: gone, rules: [{direction: ingress, peer: {group: h}},\n"
         " {direction: ingress, peer: {prefixList: p}}]}\n",
         {"net.yaml:1:37: there is no Vpc gone; a name must be that of a declared resource",
          "net.yaml:1:86: there is no SecurityGroup h; a name must be that of a declared resource",
          "net.yaml:2:42: there is no PrefixList p; a name must be that of a declared resource"}},
        {"a peer of another VPC",
         group("peer: {group: other}") + "---\n{kind: SecurityGroup, name: other, vpc: red}\n",
         {"net.yaml:5:20: security group other (net.yaml:7:1) is in VPC red, not in blue; a peer is a group of the "
          "same "
          "VPC, and others are named by 'cidr'"}},
        {"more than one peer in one",
         group("peer: {cidr: 10.0.0.0/8, group: g}"),
         {"net.yaml:5:12: a peer is one of 'cidr', 'group' and 'prefixList'; here are cidr and group"}},
        {"an IPv6 peer",
         group("peer: 'fd00::/8'"),
         {"net.yaml:5:12: fd00::/8 is an IPv6 block; only IPv4 is forwarded for now"}},
        {"a peer that is no block",
         group("peer: g"),
         {"net.yaml:5:12: rules[0].peer: 'g' is not a CIDR block: no '/'"}},
        {"a peer with host bits",
         group("peer: {cidr: 10.0.0.1/8}"),
         {"net.yaml:5:19: rules[0].peer.cidr: '10.0.0.1/8' has host bits set; the block is 10.0.0.0/8"}},
        {"a list of peers",
         group("peer: [10.0.0.0/8]"),
         {"net.yaml:5:12: rules[0].peer: this is a list, not a mapping of keys"}},
    });
}

TEST_CASE("protocols, ports and ICMP types of a rule")
{
    check_rows({
        {"a direction that is none",
         "kind: SecurityGroup\nname: g\nvpc: blue\nrules:\n  - direction: inbound\n",
         {"net.yaml:5:16: rules[0].direction: 'inbound' is none of ingress, egress"}},
        {"no direction",
         "kind: SecurityGroup\nname: g\nvpc: blue\nrules:\n  - protocol: tcp\n",
         {"net.yaml:5:5: 'rules[0]' has no 'direction'"}},
        {"a policy that is none",
         group("policy: deny"),
         {"net.yaml:5:14: rules[0].policy: 'deny' is none of allow, drop"}},
        {"a protocol that is none",
         group("protocol: 256"),
         {"net.yaml:5:16: rules[0].protocol: '256' is not a protocol: tcp, udp, icmp, gre, esp, all, or a number "
          "from 0 "
          "to 255"}},
        {"ports of all protocols",
         group("ports: 80"),
         {"net.yaml:5:13: 'ports' needs protocol tcp or udp; the protocol is all"}},
        {"ports of another protocol",
         group("protocol: 47, ports: [80]"),
         {"net.yaml:5:27: 'ports' needs protocol tcp or udp; the protocol is gre"}},
        {"ports that are none",
         group("protocol: tcp, ports: [80, 65536, 90-80]"),
         {"net.yaml:5:33: rules[0].ports[1]: '65536' is not a port or a range of ports, such as 443 or 8000-8080, "
          "from "
          "0 to 65535",
          "net.yaml:5:40: rules[0].ports[2]: '90-80' is not a range of ports: it ends before it begins"}},
        {"one port that is none, without a list",
         group("protocol: tcp, ports: http"),
         {"net.yaml:5:28: rules[0].ports: 'http' is not a port or a range of ports, such as 443 or 8000-8080, from 0 "
          "to "
          "65535"}},
        {"an empty list of ports does not mean all of them",
         group("protocol: tcp, ports: []"),
         {"net.yaml:5:28: 'rules[0].ports' is empty; leave it out or give it a value"}},
        {"a mapping of ports",
         group("protocol: tcp, ports: {from: 1}"),
         {"net.yaml:5:28: rules[0].ports: this is a mapping of keys, not a list"}},
        {"an ICMP type of another protocol",
         group("protocol: tcp, icmpType: 8"),
         {"net.yaml:5:31: 'icmpType' needs protocol icmp; the protocol is tcp"}},
        {"an ICMP code of all protocols",
         group("icmpCode: 0"),
         {"net.yaml:5:16: 'icmpCode' needs protocol icmp; the protocol is all"}},
        {"a code of no type",
         group("protocol: icmp, icmpCode: 0"),
         {"net.yaml:5:32: 'icmpCode' needs 'icmpType': each type has codes of its own (RFC 792)"}},
        {"a type and a code that do not exist",
         group("protocol: icmp, icmpType: 256, icmpCode: 1000"),
         {"net.yaml:5:32: 'icmpType' is 0 to 255; here it is 256",
          "net.yaml:5:47: 'icmpCode' is 0 to 255; here it is 1000"}},
        {"priorities that do not exist",
         group("priority: 0") + "  - {priority: 101, direction: egress}\n",
         {"net.yaml:5:16: priority 0 is not in 1 to 100; 1 decides first",
          "net.yaml:6:16: priority 101 is not in 1 to 100; 1 decides first"}},
    });
}

TEST_CASE("other lists are not written without brackets")
{
    check_rows({
        {"blocks",
         "kind: PrefixList\nname: p\nprefixes: 10.0.0.0/8\n",
         {"net.yaml:3:11: prefixes: this is a word, not a list"}},
        {"rules",
         "kind: SecurityGroup\nname: g\nvpc: blue\nrules: {direction: ingress}\n",
         {"net.yaml:4:8: rules: this is a mapping of keys, not a list"}},
    });
}

TEST_CASE("a group has at most 1024 rules in one direction, which do not count in the other")
{
    const std::string start = "kind: SecurityGroup\nname: g\nvpc: blue\nrules:\n";
    check_rows({
        {"as many as there may be", start + rules("ingress", 1024) + rules("egress", 1024), {}},
        {"one too many",
         start + rules("ingress", 1025) + rules("egress", 1026),
         {"net.yaml:5:3: security group g has 1025 ingress rules; there may be 1024 in one direction",
          "net.yaml:5:3: security group g has 1026 egress rules; there may be 1024 in one direction"}},
    });
}

TEST_CASE("a group, a list or an ACL that is named cannot be taken away")
{
    Documents documents = network();
    REQUIRE(refusal(documents, {{"parts.yaml", "{kind: SecurityGroup, name: h, vpc: blue}\n"
                                               "--- {kind: PrefixList, name: p, prefixes: [10.0.0.0/8]}\n"
                                               "--- {kind: NetworkAcl, name: a, vpc: blue}\n"},
                                {"net.yaml", group("peer: {prefixList: p}") +
                                                 "---\n{kind: Subnet, name: s, vpc: blue, cidr: 10.0.9.0/24,\n"
                                                 " networkAcl: a}\n"
                                                 "---\n{kind: Interface, name: i, subnet: s, address: 10.0.9.9,\n"
                                                 " mac: 02:00:00:00:00:01, securityGroups: [g, h]}\n"}})
                .empty());

    CHECK(refusal(documents, {{"parts.yaml", std::nullopt}}) ==
          std::vector<std::string>{
              "net.yaml:5:25: there is no PrefixList p; a name must be that of a declared resource",
              "net.yaml:8:14: there is no NetworkAcl a; a name must be that of a declared resource",
              "net.yaml:11:46: there is no SecurityGroup h; a name must be that of a declared resource"});
}

} // namespace vpcd
