// Rules of NetworkAcl and PrefixList.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

std::string acl(const std::string& rule)
{
    return fmt::format("kind: NetworkAcl\nname: a\nvpc: blue\nrules:\n  - {{{}, direction: egress}}\n", rule);
}

std::string prefix_list(std::size_t count)
{
    std::string text = "kind: PrefixList\nname: p\nprefixes:\n";
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("- 10.0.{}.0/24\n", i);
    return text;
}

} // namespace

TEST_CASE("rules of a network ACL")
{
    std::string many = "kind: NetworkAcl\nname: a\nvpc: blue\nrules:\n";
    for (unsigned i = 0; i < 1025; ++i)
        many += fmt::format("- {{direction: egress, protocol: udp, ports: {}}}\n", i);
    check_rows({
        {"without rules", "{kind: NetworkAcl, name: a, vpc: blue}\n", {}},
        {"with peers",
         "{kind: PrefixList, name: p, prefixes: [10.0.0.0/8]}\n---\n" + acl("peer: {prefixList: p}, policy: drop") +
             "  - {direction: ingress, protocol: tcp, ports: 22, peer: 10.0.0.0/8}\n",
         {}},
        {"a group as peer, be it there or not",
         acl("peer: {group: default-1}") + "  - {direction: egress, peer: {group: g}}\n",
         {"net.yaml:5:20: a network ACL knows no groups; its peers are 'cidr' or 'prefixList'",
          "net.yaml:6:39: a network ACL knows no groups; its peers are 'cidr' or 'prefixList'",
          "net.yaml:6:39: there is no SecurityGroup g; a name must be that of a declared resource"}},
        {"a priority, which only groups have",
         acl("priority: 1"),
         {"net.yaml:5:6: 'rules[0]' has no key 'priority'; the keys are direction, policy, protocol, ports, "
          "icmpType, "
          "icmpCode, peer"}},
        {"what no rule may say",
         acl("ports: 1"),
         {"net.yaml:5:13: 'ports' needs protocol tcp or udp; the protocol is all"}},
        {"a VPC that is not there",
         "{kind: NetworkAcl, name: a, vpc: gone}\n",
         {"net.yaml:1:34: there is no Vpc gone; a name must be that of a declared resource"}},
        {"too many rules in one direction",
         many,
         {"net.yaml:5:1: network ACL a has 1025 egress rules; there may be 1024 in one direction"}},
    });
}

TEST_CASE("rules of a prefix list")
{
    check_rows({
        {"as many blocks as there may be", prefix_list(100), {}},
        {"blocks inside each other",
         "{kind: PrefixList, name: p, prefixes: [10.0.0.0/8, 0.0.0.0/0, 10.0.0.0/9]}\n",
         {}},
        {"no block",
         "{kind: PrefixList, name: p, prefixes: []}\n",
         {"net.yaml:1:39: there is no block; a prefix list has at least one"}},
        {"one too many",
         prefix_list(101),
         {"net.yaml:104:3: prefix list p has 101 blocks; a list has at most 100 (quotas.prefixesPerList)"}},
        {"a block twice",
         "{kind: PrefixList, name: p, prefixes: [10.0.0.0/8, 10.1.0.0/16, 10.0.0.0/8]}\n",
         {"net.yaml:1:65: block 10.0.0.0/8 is already at net.yaml:1:40; a prefix list has each block once"}},
        {"IPv6",
         "{kind: PrefixList, name: p, prefixes: ['fd00::/8']}\n",
         {"net.yaml:1:40: fd00::/8 is an IPv6 block; only IPv4 is forwarded for now"}},
        {"host bits",
         "{kind: PrefixList, name: p, prefixes: [10.0.0.1/8]}\n",
         {"net.yaml:1:40: prefixes[0]: '10.0.0.1/8' has host bits set; the block is 10.0.0.0/8"}},
    });
}

TEST_CASE("how many blocks a list may have is the agent's setting")
{
    Documents documents = network({.prefixes_per_list = 2});

    CHECK(refusal(documents, {{"net.yaml", prefix_list(2)}}).empty());
    CHECK(refusal(documents, {{"net.yaml", prefix_list(3)}}) ==
          std::vector<std::string>{"net.yaml:6:3: prefix list p has 3 blocks; a list has at most 2 "
                                   "(quotas.prefixesPerList)"});
}

} // namespace vpcd
