// Rules of ElasticIp.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// One field a line; `rest` starts at line 4.
std::string elastic_ip(const std::string& address, const std::string& rest = {})
{
    return fmt::format("kind: ElasticIp\nname: e\naddress: {}\n{}", address, rest);
}

const std::string kBound = "interface: web-1\nhost: gateway\n";

// An interface of subnet web, on a host that leads to the Internet.
std::string interface(const std::string& address, const std::string& rest = {})
{
    return fmt::format("{{kind: Interface, name: i, subnet: web, host: gateway, device: tap-i, address: {}, mac: "
                       "'02:00:00:00:00:01'{}}}\n",
                       address, rest);
}

} // namespace

TEST_CASE("rules of an elastic IP's addresses")
{
    check_rows({
        {"free", elastic_ip("203.0.113.1"), {}},
        {"free, with a host", elastic_ip("203.0.113.1", "host: gateway\nannounce: route\n"), {}},
        {"bound", elastic_ip("203.0.113.1", kBound), {}},
        {"private, where the VPC has no such block", elastic_ip("172.16.0.1", kBound), {}},
        {"not unicast, bound or free",
         elastic_ip("224.0.0.1", kBound) + "--- {kind: ElasticIp, name: f, address: 0.0.0.0}\n" +
             "--- {kind: ElasticIp, name: g, address: 127.0.0.1}\n" +
             "--- {kind: ElasticIp, name: h, address: 255.255.255.255}\n",
         {"net.yaml:3:10: 224.0.0.1 cannot be a public address; it must be a unicast address",
          "net.yaml:6:41: 0.0.0.0 cannot be a public address; it must be a unicast address",
          "net.yaml:7:41: 127.0.0.1 cannot be a public address; it must be a unicast address",
          "net.yaml:8:41: 255.255.255.255 cannot be a public address; it must be a unicast address"}},
        {"kept for services",
         elastic_ip("100.64.0.1"),
         {"net.yaml:3:10: 100.64.0.1 is inside 100.64.0.0/10, which is kept for services; it cannot be a public "
          "address"}},
        {"inside a block of the VPC",
         elastic_ip("192.168.0.9", kBound),
         {"net.yaml:3:10: 192.168.0.9 is inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24, base.yaml:4:46); a "
          "public address is outside the VPC that it serves"}},
        {"IPv6",
         elastic_ip("2001:db8::1"),
         {"net.yaml:3:10: 2001:db8::1 is an IPv6 address; only IPv4 is forwarded for now"}},
        {"the address of another",
         elastic_ip("203.0.113.1") + "--- {kind: ElasticIp, name: a, address: 203.0.113.1}\n",
         {"net.yaml:4:41: public address 203.0.113.1 is taken by ElasticIp e (net.yaml:3:10); a public address "
          "belongs to one ElasticIp, NatGateway or LoadBalancer"}},
        {"words that are no choice",
         elastic_ip("203.0.113.1", "announce: bgp\nfixed: 1\n"),
         {"net.yaml:4:11: announce: 'bgp' is none of arp, route", "net.yaml:5:8: fixed: '1' is not true or false "
                                                                  "(without quotes)"}},
        {"several addresses", elastic_ip("[203.0.113.1]"), {"net.yaml:3:10: address: this is a list, not a word"}},
    });
}

TEST_CASE("rules of an elastic IP's host")
{
    check_rows({
        {"the interface's own leads to the Internet",
         interface("10.0.1.20") + "---\n" + elastic_ip("203.0.113.1", "interface: i\n"),
         {}},
        {"the interface is on no host",
         "{kind: Interface, name: i, subnet: web, address: 10.0.1.20, mac: '02:00:00:00:00:01'}\n---\n" +
             elastic_ip("203.0.113.1", "interface: i\n"),
         {}},
        {"neither does",
         elastic_ip("203.0.113.1", "interface: web-1\n"),
         {"net.yaml:4:12: interface web-1 is on host node-a (base.yaml:2:5), which has no 'external', the device "
          "that "
          "leads to the Internet; add it there, or here 'host' with the name of a host that has it"}},
        {"the named one does not",
         elastic_ip("203.0.113.1", "interface: web-1\nhost: node-b\n"),
         {"net.yaml:5:7: host node-b (base.yaml:3:5) has no 'external', the device that leads to the Internet; only "
          "a "
          "host that has it serves public addresses"}},
        {"it is not there, nor is the interface",
         elastic_ip("203.0.113.1", "interface: gone\nhost: nowhere\n"),
         {"net.yaml:4:12: there is no Interface gone; a name must be that of a declared resource",
          "net.yaml:5:7: there is no Host nowhere; a name must be that of a declared resource"}},
    });
}

TEST_CASE("rules of the private address that an elastic IP stands for")
{
    const std::string card = interface("10.0.1.20", ", secondaryAddresses: [10.0.1.21]") + "---\n";
    check_rows({
        {"the primary one", card + elastic_ip("203.0.113.1", "interface: i\nprivateAddress: 10.0.1.20\n"), {}},
        {"a secondary one", card + elastic_ip("203.0.113.1", "interface: i\nprivateAddress: 10.0.1.21\n"), {}},
        {"each of them",
         card + elastic_ip("203.0.113.1", "interface: i\n") +
             "--- {kind: ElasticIp, name: f, address: 203.0.113.2, interface: i, privateAddress: 10.0.1.21}\n",
         {}},
        {"another",
         card + elastic_ip("203.0.113.1", "interface: i\nprivateAddress: 10.0.1.22\n"),
         {"net.yaml:7:17: 10.0.1.22 is no address of interface i (net.yaml:1:80); it is the primary or a secondary "
          "one"}},
        {"without an interface",
         elastic_ip("203.0.113.1", "privateAddress: 10.0.1.10\n"),
         {"net.yaml:4:17: 'privateAddress' needs 'interface': it is an address of that"}},
        {"twice, once by name",
         card + elastic_ip("203.0.113.1", "interface: i\n") +
             "--- {kind: ElasticIp, name: a, address: 203.0.113.2, interface: i, privateAddress: 10.0.1.20}\n"
             "--- {kind: ElasticIp, name: b, address: 203.0.113.3, interface: i}\n",
         {"net.yaml:7:84: address 10.0.1.20 of interface i has elastic IP e (net.yaml:6:12); a private address has "
          "one "
          "public address",
          "net.yaml:8:65: address 10.0.1.20 of interface i has elastic IP e (net.yaml:6:12); a private address has "
          "one "
          "public address"}},
        {"the same one in two VPCs",
         elastic_ip("203.0.113.1", kBound) +
             "--- {kind: ElasticIp, name: f, address: 203.0.113.2, interface: red-1, host: gateway}\n",
         {}},
    });
}

TEST_CASE("an elastic IP follows its interface, and its rules are asked wherever that goes")
{
    const std::string vpc = "{kind: Vpc, name: wide, vni: 300, cidrs: [203.0.113.0/24], allowPublicCidr: true}\n"
                            "--- {kind: Subnet, name: far, vpc: wide, cidr: 203.0.113.0/25}\n";
    const std::string second = "{kind: ElasticIp, name: f, address: 203.0.113.2, interface: i, privateAddress: "
                               "10.0.1.21}\n";
    struct Row {
        const char* name;
        Documents::Files change;
        std::vector<std::string> errors;
    };
    const Row rows[] = {
        {"to another address", {{"i.yaml", interface("10.0.1.22", ", secondaryAddresses: [10.0.1.21]")}}, {}},
        {"to the address that another stands for, while that becomes secondary",
         {{"i.yaml", interface("10.0.1.21", ", secondaryAddresses: [10.0.1.20]")}},
         {"f.yaml:1:80: address 10.0.1.21 of interface i has elastic IP e (e.yaml:4:12); a private address has one "
          "public address"}},
        {"and leaves the address that another stands for",
         {{"i.yaml", interface("10.0.1.20")}},
         {"f.yaml:1:80: 10.0.1.21 is no address of interface i (i.yaml:1:80); it is the primary or a secondary one"}},
        {"into a VPC that has the public address as its own",
         {{"vpc.yaml", vpc},
          {"f.yaml", std::nullopt},
          {"i.yaml", "{kind: Interface, name: i, subnet: far, address: 203.0.113.9, mac: '02:00:00:00:00:01'}\n"}},
         {"e.yaml:3:10: 203.0.113.1 is inside a block of VPC wide (203.0.113.0/24, vpc.yaml:1:42); a public address "
          "is "
          "outside the VPC that it serves"}},
        {"to a host that does not lead to the Internet",
         {{"f.yaml", std::nullopt},
          {"i.yaml", "{kind: Interface, name: i, subnet: web, host: node-b, device: tap-i, address: 10.0.1.20, mac: "
                     "'02:00:00:00:00:01'}\n"}},
         {"e.yaml:4:12: interface i is on host node-b (base.yaml:3:5), which has no 'external', the device that "
          "leads "
          "to the Internet; add it there, or here 'host' with the name of a host that has it"}},
        {"out of the documents",
         {{"f.yaml", std::nullopt}, {"i.yaml", std::nullopt}},
         {"e.yaml:4:12: there is no Interface i; a name must be that of a declared resource"}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Documents documents = network();
        REQUIRE(refusal(documents, {{"i.yaml", interface("10.0.1.20", ", secondaryAddresses: [10.0.1.21]")},
                                    {"e.yaml", elastic_ip("203.0.113.1", "interface: i\n")},
                                    {"f.yaml", second}})
                    .empty());

        CHECK(refusal(documents, row.change) == row.errors);
    }
}

TEST_CASE("a host that serves elastic IPs keeps its way to the Internet")
{
    const auto host = [](const char* external) {
        return fmt::format("{{kind: Host, name: edge, address: 192.0.2.9{}}}\n", external);
    };
    Documents documents = network();
    REQUIRE(refusal(documents, {{"host.yaml", host(", external: eth1")},
                                {"e.yaml", elastic_ip("203.0.113.1", "interface: web-1\nhost: edge\n")}})
                .empty());

    CHECK(
        refusal(documents, {{"host.yaml", host("")}}) ==
        std::vector<std::string>{"e.yaml:5:7: host edge (host.yaml:1:1) has no 'external', the device that leads to "
                                 "the Internet; only a host that has it serves public addresses"});
    CHECK(refusal(documents, {{"host.yaml", host(", external: eth2")}}).empty());
}

TEST_CASE("an elastic IP is bound and unbound at any time, unless it is fixed")
{
    const std::string fixed = kBound + "privateAddress: 10.0.1.10\nfixed: true\n";
    const auto refused = [](const char* place, const char* field, const char* was, const char* now) {
        return std::vector<std::string>{
            fmt::format("e.yaml:{}: elastic IP e is fixed, so its '{}' cannot change from "
                        "{} to {}; delete the document first (S1, Fixed public IP)",
                        place, field, was, now)};
    };
    struct Row {
        const char* name;
        std::string before;
        std::optional<std::string> now;
        std::vector<std::string> errors;
    };
    const Row rows[] = {
        {"bound", elastic_ip("203.0.113.1"), elastic_ip("203.0.113.1", kBound), {}},
        {"unbound", elastic_ip("203.0.113.1", kBound), elastic_ip("203.0.113.1"), {}},
        {"bound to another",
         elastic_ip("203.0.113.1", kBound),
         elastic_ip("203.0.113.1", "interface: red-1\nhost: gateway\n"),
         {}},
        {"fixed from now on, to another than before",
         elastic_ip("203.0.113.1", kBound),
         elastic_ip("203.0.113.1", "interface: red-1\nhost: gateway\nfixed: true\n"),
         {}},
        {"fixed, and only announced in another way",
         elastic_ip("203.0.113.1", fixed),
         elastic_ip("203.0.113.1", fixed + "announce: route\n"),
         {}},
        {"fixed no more, bound as before",
         elastic_ip("203.0.113.1", fixed),
         elastic_ip("203.0.113.1", kBound + "privateAddress: 10.0.1.10\n"),
         {}},
        {"fixed, and deleted", elastic_ip("203.0.113.1", fixed), std::nullopt, {}},
        {"fixed, and another interface", elastic_ip("203.0.113.1", fixed),
         elastic_ip("203.0.113.1", "interface: red-1\nhost: gateway\nprivateAddress: 10.0.1.10\nfixed: true\n"),
         refused("4:12", "interface", "web-1", "red-1")},
        {"fixed, and another public address", elastic_ip("203.0.113.1", fixed), elastic_ip("203.0.113.2", fixed),
         refused("3:10", "address", "203.0.113.1", "203.0.113.2")},
        {"fixed, and no private address", elastic_ip("203.0.113.1", fixed),
         elastic_ip("203.0.113.1", kBound + "fixed: true\n"), refused("1:1", "privateAddress", "10.0.1.10", "none")},
        {"fixed no more, and another interface at once", elastic_ip("203.0.113.1", kBound + "fixed: true\n"),
         elastic_ip("203.0.113.1", "interface: red-1\nhost: gateway\n"),
         refused("4:12", "interface", "web-1", "red-1")},
        {"fixed, and unbound", elastic_ip("203.0.113.1", kBound + "fixed: true\n"),
         elastic_ip("203.0.113.1", "fixed: true\n"), refused("1:1", "interface", "web-1", "none")},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Documents documents = network();
        REQUIRE(refusal(documents, {{"e.yaml", row.before}}).empty());

        CHECK(refusal(documents, {{"e.yaml", row.now}}) == row.errors);
    }
}

TEST_CASE("a fixed elastic IP is bound from the start, and stays so in whatever file, until it is deleted")
{
    const std::string fixed = elastic_ip("203.0.113.1", kBound + "fixed: true\n");
    const std::string other = elastic_ip("203.0.113.2", kBound + "fixed: true\n");
    Documents documents = network();
    CHECK(
        refusal(documents, {{"e.yaml", elastic_ip("203.0.113.1", "fixed: true\n")}}) ==
        std::vector<std::string>{"e.yaml:4:8: 'fixed: true' needs 'interface', to which the address stays bound (S1, "
                                 "Fixed public IP)"});
    REQUIRE(refusal(documents, {{"e.yaml", fixed}}).empty());

    CHECK(refusal(documents, {{"e.yaml", std::nullopt}, {"f.yaml", other}}).size() == 1);
    CHECK(refusal(documents, {{"f.yaml", other}}).size() == 1); // what was refused is no former value
    CHECK(refusal(documents, {{"e.yaml", std::nullopt}, {"f.yaml", fixed}}).empty());
    CHECK(refusal(documents, {{"f.yaml", std::nullopt}}).empty());
    CHECK(refusal(documents, {{"f.yaml", other}}).empty());
}

} // namespace vpcd
