// Rules of an interface's security groups.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// Line 1; the groups are at column 101.
std::string member(std::string_view groups)
{
    return fmt::format("{{kind: Interface, name: i, subnet: web, address: 10.0.1.20, mac: 02:00:00:00:00:01, "
                       "securityGroups: {}}}\n",
                       groups);
}

std::string group(std::string_view name, std::size_t ingress = 0, std::size_t egress = 0)
{
    std::string text = fmt::format("---\nkind: SecurityGroup\nname: {}\nvpc: blue\nrules:\n", name);
    for (std::size_t i = 0; i < ingress + egress; ++i)
        text += fmt::format("  - {{direction: {}, protocol: 89}}\n", i < ingress ? "ingress" : "egress");
    return ingress + egress == 0 ? text.substr(0, text.find("rules:")) : text;
}

} // namespace

TEST_CASE("an interface is in one to five groups of its VPC")
{
    const std::string six = group("a") + group("b") + group("c") + group("d") + group("e") + group("f");
    check_rows({
        {"five", member("[a, b, c, d, e]") + six, {}},
        {"the default groups by name", member("[default-1, default-2, a]") + six, {}},
        {"six",
         member("[a, b, c, d, e, f]") + six,
         {"net.yaml:1:117: interface i names 6 security groups; an interface has at most 5 "
          "(quotas.groupsPerInterface)"}},
        {"none at all, which is not the same as leaving it out",
         member("[]"),
         {"net.yaml:1:101: 'securityGroups' is empty; leave it out or give it a value"}},
        {"a word instead of a list",
         member("a") + six,
         {"net.yaml:1:101: securityGroups: this is a word, not a list"}},
        {"one twice",
         member("[a, b, a, default-1, default-1]") + six,
         {"net.yaml:1:108: security group a is listed twice",
          "net.yaml:1:122: security group default-1 is listed twice"}},
        {"one that is not there",
         member("[a, gone]") + six,
         {"net.yaml:1:105: there is no SecurityGroup gone; a name must be that of a declared resource"}},
        {"one of another VPC",
         member("[a, far]") + six + "---\n{kind: SecurityGroup, name: far, vpc: red}\n",
         {"net.yaml:1:105: security group far (net.yaml:27:1) is in VPC red, not in blue; an interface has groups of "
          "its "
          "own VPC"}},
    });
}

TEST_CASE("how many groups an interface may have is the agent's setting")
{
    Documents documents = network({.groups_per_interface = 1});

    CHECK(refusal(documents, {{"net.yaml", member("[a, b]") + group("a") + group("b")}}) ==
          std::vector<std::string>{"net.yaml:1:105: interface i names 2 security groups; an interface has at most 1 "
                                   "(quotas.groupsPerInterface)"});
}

TEST_CASE("the groups of an interface have at most 1024 rules together, in each direction")
{
    check_rows({
        {"as many as there may be", member("[a, b]") + group("a", 1000, 24) + group("b", 24, 1000), {}},
        {"one too many inbound",
         member("[a, b, c]") + group("a", 1000, 5) + group("b", 25) + group("c"),
         {"net.yaml:1:101: the security groups of interface i have 1025 ingress rules (a 1000, b 25, c 0); together "
          "there may be 1024 in one direction"}},
        {"too many in both, with those of a default group",
         member("[a, default-1, b]") + group("a", 1023, 1024) + group("b", 0, 2),
         {"net.yaml:1:101: the security groups of interface i have 1025 ingress rules (a 1023, default-1 2, b 0); "
          "together there may be 1024 in one direction",
          "net.yaml:1:101: the security groups of interface i have 1026 egress rules (a 1024, default-1 0, b 2); "
          "together there may be 1024 in one direction"}},
        {"what one of them has too many of is told there only",
         member("[a, b]") + group("a", 1025) + group("b", 1),
         {"net.yaml:7:3: security group a has 1025 ingress rules; there may be 1024 in one direction"}},
    });
}

TEST_CASE("a group cannot be moved to another VPC under its members")
{
    Documents documents = network();
    REQUIRE(refusal(documents, {{"i.yaml", member("[a]")}, {"g.yaml", group("a")}}).empty());

    CHECK(refusal(documents, {{"g.yaml", "{kind: SecurityGroup, name: a, vpc: red}\n"}}) ==
          std::vector<std::string>{
              "i.yaml:1:102: security group a (g.yaml:1:1) is in VPC red, not in blue; an interface "
              "has groups of its own VPC"});
}

} // namespace vpcd
