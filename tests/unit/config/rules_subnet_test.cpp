// Rules of Subnet.
#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("rules of a subnet")
{
    check_rows({
        {"the largest and the smallest are accepted, in either block",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/15, 192.168.0.0/16]}\n"
         "--- {kind: Subnet, name: s1, vpc: v, cidr: 10.1.0.0/16}\n"
         "--- {kind: Subnet, name: s2, vpc: v, cidr: 192.168.255.248/29, zone: z}\n",
         {}},
        {"too large and too small",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/8]}\n"
         "--- {kind: Subnet, name: s1, vpc: v, cidr: 10.2.0.0/15}\n"
         "--- {kind: Subnet, name: s2, vpc: v, cidr: 10.0.0.0/30}\n",
         {"net.yaml:2:44: subnet 10.2.0.0/15 is not between /16 and /29 (S2, VSwitch configurations)",
          "net.yaml:3:44: subnet 10.0.0.0/30 is not between /16 and /29 (S2, VSwitch configurations)"}},
        {"outside its VPC",
         "kind: Subnet\nname: s\nvpc: blue\ncidr: 10.1.0.0/24\n",
         {"net.yaml:4:7: subnet 10.1.0.0/24 is not inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24); a "
          "subnet "
          "is part of one block (S2, VSwitch configurations)"}},
        {"across two blocks of its VPC",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/17, 10.0.128.0/17]}\n"
         "--- {kind: Subnet, name: s, vpc: v, cidr: 10.0.0.0/16}\n",
         {"net.yaml:2:43: subnet 10.0.0.0/16 is not inside a block of VPC v (10.0.0.0/17, 10.0.128.0/17); a subnet "
          "is "
          "part of one block (S2, VSwitch configurations)"}},
        {"inside a sibling",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.1.128/25}\n",
         {"net.yaml:1:43: subnet 10.0.1.128/25 overlaps subnet web (10.0.1.0/24, base.yaml:6:48); subnets of one VPC "
          "may not overlap (S2, VSwitch configurations)"}},
        {"around a sibling",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.0.0/20}\n",
         {"net.yaml:1:43: subnet 10.0.0.0/20 overlaps subnet web (10.0.1.0/24, base.yaml:6:48); subnets of one VPC "
          "may "
          "not overlap (S2, VSwitch configurations)"}},
        {"the same as a sibling, and two that overlap each other: the later one of each pair",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.1.0/24}\n"
         "--- {kind: Subnet, name: s2, vpc: blue, cidr: 10.0.2.0/24}\n"
         "--- {kind: Subnet, name: s3, vpc: blue, cidr: 10.0.2.64/26}\n",
         {"net.yaml:1:43: subnet 10.0.1.0/24 overlaps subnet web (10.0.1.0/24, base.yaml:6:48); subnets of one VPC "
          "may "
          "not overlap (S2, VSwitch configurations)",
          "net.yaml:3:47: subnet 10.0.2.64/26 overlaps subnet s2 (10.0.2.0/24, net.yaml:2:47); subnets of one VPC "
          "may "
          "not overlap (S2, VSwitch configurations)"}},
        {"the whole block beside another",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.0.0/16}\n",
         {"net.yaml:1:43: subnet 10.0.0.0/16 overlaps subnet web (10.0.1.0/24, base.yaml:6:48); a subnet equal to "
          "its "
          "VPC's block is the only one in it (S2, VSwitch configurations)"}},
        {"the whole block alone in it is accepted",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 192.168.0.0/24}\n",
         {}},
        {"a table of the VPC, and its main table by name, are accepted",
         "{kind: Subnet, name: s1, vpc: red, cidr: 10.0.2.0/24, routeTable: red-table}\n"
         "--- {kind: Subnet, name: s2, vpc: blue, cidr: 10.0.3.0/24, routeTable: blue-main}\n"
         "--- {kind: Subnet, name: s3, vpc: blue, cidr: 10.0.4.0/24, routeTable: main}\n",
         {}},
        {"a table of another VPC",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.2.0/24, routeTable: red-table}\n",
         {"net.yaml:1:68: route table red-table (base.yaml:10:5) belongs to VPC red, not to blue; a subnet is bound "
          "to "
          "a table of its own VPC (S2, Route table)"}},
        {"an ACL of the VPC is accepted",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.2.0/24, networkAcl: a}\n"
         "--- {kind: NetworkAcl, name: a, vpc: blue}\n",
         {}},
        {"an ACL of another VPC, and one that is not there",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 10.0.2.0/24, networkAcl: a}\n"
         "--- {kind: NetworkAcl, name: a, vpc: red}\n"
         "--- {kind: Subnet, name: s2, vpc: blue, cidr: 10.0.3.0/24, networkAcl: none}\n",
         {"net.yaml:1:68: network ACL a (net.yaml:2:5) belongs to VPC red, not to blue; a subnet has an ACL of its "
          "own "
          "VPC",
          "net.yaml:3:72: there is no NetworkAcl none; a name must be that of a declared resource"}},
        {"names that lead nowhere",
         "{kind: Subnet, name: s1, vpc: gone, cidr: 10.0.2.0/24, routeTable: none}\n",
         {"net.yaml:1:31: there is no Vpc gone; a name must be that of a declared resource",
          "net.yaml:1:68: there is no RouteTable none; a name must be that of a declared resource"}},
        {"IPv6",
         "{kind: Subnet, name: s1, vpc: blue, cidr: 'fd00::/64'}\n",
         {"net.yaml:1:43: fd00::/64 is an IPv6 block; only IPv4 is forwarded for now"}},
    });
}

TEST_CASE("a VPC's block cannot be taken away under its subnets")
{
    Documents documents{{}};
    const std::string subnet = "--- {kind: Subnet, name: s, vpc: v, cidr: 10.0.1.0/24}\n";
    REQUIRE(
        documents.update({{"v.yaml", "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16]}\n"}, {"s.yaml", subnet}}));

    CHECK(refusal(documents, {{"v.yaml", "{kind: Vpc, name: v, vni: 2, cidrs: [10.1.0.0/16]}\n"}}) ==
          std::vector<std::string>{"s.yaml:1:43: subnet 10.0.1.0/24 is not inside a block of VPC v (10.1.0.0/16); a "
                                   "subnet is part of one block (S2, VSwitch configurations)"});
    CHECK(refusal(documents, {{"v.yaml", std::nullopt}}) ==
          std::vector<std::string>{"s.yaml:1:34: there is no Vpc v; a name must be that of a declared resource"});
}

} // namespace vpcd
