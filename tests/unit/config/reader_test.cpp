// What a document may look like, field by field.
#include "config/parse.h"

#include <fmt/format.h>

#include "config/yaml.h"
#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

namespace {

std::vector<std::string> errors_of(const std::string& text)
{
    return texts(parse_documents("net.yaml", text).errors);
}

} // namespace

TEST_CASE("every field of a document arrives, and defaults fill the rest")
{
    const auto parsed =
        parse_documents("net.yaml", "kind: Interface\n"
                                    "name: i\n"
                                    "subnet: s\n"
                                    "host: h\n"
                                    "device: tap0\n"
                                    "address: 10.0.1.10\n"
                                    "secondaryAddresses:\n"
                                    "  - 10.0.1.11\n"
                                    "  - 10.0.1.12\n"
                                    "mac: 02:00:00:00:00:01\n"
                                    "sourceCheck: false\n"
                                    "---\n"
                                    "{kind: Host, name: 7, address: 192.0.2.1, encapsulation: gre}\n");
    REQUIRE(parsed.errors.empty());
    REQUIRE(parsed.declarations.size() == 2);

    const auto& interface = std::get<Interface>(*parsed.declarations[0].value);
    CHECK(interface.subnet == "s");
    CHECK(interface.host == "h");
    CHECK(interface.device == "tap0");
    CHECK(to_string(interface.address) == "10.0.1.10");
    REQUIRE(interface.secondary_addresses.size() == 2);
    CHECK(to_string(interface.secondary_addresses[1]) == "10.0.1.12");
    CHECK(to_string(interface.mac) == "02:00:00:00:00:01");
    CHECK_FALSE(interface.source_check);
    CHECK(to_string(parsed.declarations[0].origin.at("secondaryAddresses[1]")) == "net.yaml:9:5");

    const auto& host = std::get<Host>(*parsed.declarations[1].value);
    CHECK(host.name == "7");
    CHECK(host.encapsulation == Encapsulation::Gre);
    CHECK(host.zone == "default");
    CHECK(to_string(parsed.declarations[1].origin.at()) == "net.yaml:13:1");
}

TEST_CASE("ports without a list and a peer's block alone say the same as the long form")
{
    const auto parsed =
        parse_documents("net.yaml", "kind: SecurityGroup\n"
                                    "name: g\n"
                                    "vpc: v\n"
                                    "rules:\n"
                                    "  - {direction: ingress, protocol: tcp, ports: 80-90, peer: 10.0.0.0/8}\n"
                                    "  - direction: ingress\n"
                                    "    protocol: '6'\n"
                                    "    ports:\n"
                                    "      - 80-90\n"
                                    "    peer:\n"
                                    "      cidr: 10.0.0.0/8\n"
                                    "    priority: 1\n");
    REQUIRE(texts(parsed.errors).empty());

    const auto& group = std::get<SecurityGroup>(*parsed.declarations.front().value);
    REQUIRE(group.rules.size() == 2);
    CHECK(group.rules[0] == group.rules[1]);
    CHECK(to_string(group.rules[0]) == "ingress allow tcp 80-90 from 10.0.0.0/8");
    CHECK(to_string(parsed.declarations.front().origin.at("rules[0].peer.cidr")) == "net.yaml:5:61");
    CHECK(to_string(parsed.declarations.front().origin.at("rules[0].ports[0]")) == "net.yaml:5:48");
    CHECK(to_string(parsed.declarations.front().origin.at("rules[1].ports[0]")) == "net.yaml:9:9");
}

TEST_CASE("malformed documents are refused at the place of the mistake")
{
    struct Row {
        const char* name;
        const char* text;
        std::vector<std::string> errors;
    };
    const Row rows[] = {
        {"an unknown key that is nearly one",
         "kind: Subnet\nname: s\nvpc: v\ncdir: 10.0.0.0/24\n",
         {"net.yaml:1:1: Subnet s has no 'cidr'", "net.yaml:4:1: Subnet s has no key 'cdir'; did you mean 'cidr'?"}},
        {"an unknown key",
         "kind: Host\nname: h\naddress: 192.0.2.1\ncolour: red\n",
         {"net.yaml:4:1: Host h has no key 'colour'; the keys are kind, name, address, device, encapsulation, zone, "
          "external"}},
        {"an unknown key deep inside",
         "kind: RouteTable\nname: t\nvpc: v\nroutes:\n- destination: 10.0.0.0/8\n  nextHop:\n    interfaces: i\n",
         {"net.yaml:7:5: 'routes[0].nextHop' has no key 'interfaces'; did you mean 'interface'?"}},
        {"a missing key deep inside",
         "kind: RouteTable\nname: t\nvpc: v\nroutes:\n- destination: 10.0.0.0/8\n",
         {"net.yaml:5:3: 'routes[0]' has no 'nextHop'"}},
        {"all that is missing",
         "kind: Vpc\n",
         {"net.yaml:1:1: Vpc has no 'name'", "net.yaml:1:1: Vpc has no 'vni'", "net.yaml:1:1: Vpc has no 'cidrs'"}},
        {"an empty value",
         "kind: Host\nname: h\naddress:\nzone: ~\n",
         {"net.yaml:3:1: 'address' is empty; leave it out or give it a value",
          "net.yaml:4:7: 'zone' is empty; leave it out or give it a value"}},
        {"an empty text",
         "kind: Host\nname: h\naddress: 192.0.2.1\ndevice: ''\n",
         {"net.yaml:4:9: device: the text is empty; leave the key out or give it a value"}},
        {"a control character in a text",
         "kind: Host\nname: h\naddress: 192.0.2.1\nzone: \"a\\x00b\"\n",
         {"net.yaml:4:7: zone: the text has a line end or another control character"}},
        {"wrong types",
         "kind: Vpc\nname: [v]\nvni: {a: b}\ncidrs: 10.0.0.0/16\nallowPublicCidr: yes\n",
         {"net.yaml:2:7: name: this is a list, not a word",
          "net.yaml:3:6: vni: this is a mapping of keys, not a number",
          "net.yaml:4:8: cidrs: this is a word, not a list",
          "net.yaml:5:18: allowPublicCidr: 'yes' is not true or false (without quotes)"}},
        {"a mapping where a list of mappings belongs",
         "kind: RouteTable\nname: t\nvpc: v\nroutes: [a]\n",
         {"net.yaml:4:10: routes[0]: this is a word, not a mapping of keys"}},
        {"an empty item",
         "kind: Vpc\nname: v\nvni: 2\ncidrs: [~]\n",
         {"net.yaml:4:9: cidrs[0]: this is empty, not a word"}},
        {"a line end in a word that is quoted",
         "kind: Host\nname: h\naddress: \"192.0.2.1\\n\"\n",
         {"net.yaml:3:10: address: '192.0.2.1\\n' is not an IP address"}},
        {"values that are none",
         "kind: Interface\nname: i\naddress: 10.0.0\nmac: 02:00\nsecondaryAddresses: [10.0.0.1, x]\n",
         {"net.yaml:3:10: address: '10.0.0' is not an IP address",
          "net.yaml:5:32: secondaryAddresses[1]: 'x' is not an IP address",
          "net.yaml:4:6: mac: '02:00' is not a MAC address"}},
        {"host bits in a block",
         "kind: Subnet\nname: s\nvpc: v\ncidr: 10.0.1.1/24\n",
         {"net.yaml:4:7: cidr: '10.0.1.1/24' has host bits set; the block is 10.0.1.0/24"}},
        {"a word that is no choice",
         "kind: Host\nname: h\naddress: 192.0.2.1\nencapsulation: vxlam\n",
         {"net.yaml:4:16: encapsulation: 'vxlam' is none of vxlan, geneve, gre; did you mean 'vxlan'?"}},
        {"no kind",
         "name: h\n",
         {"net.yaml:1:1: the document has no 'kind'; the kinds are Host, Vpc, PrefixList, SecurityGroup, NetworkAcl, "
          "Subnet, NatGateway, RouteTable, Interface, BandwidthPackage, ElasticIp, LoadBalancer"}},
        {"an unknown kind",
         "name: h\nkind: Subent\n",
         {"net.yaml:2:7: there is no kind 'Subent'; did you mean Subnet? the kinds are Host, Vpc, PrefixList, "
          "SecurityGroup, NetworkAcl, Subnet, NatGateway, RouteTable, Interface, BandwidthPackage, ElasticIp, "
          "LoadBalancer"}},
        {"a kind in the wrong case",
         "kind: vpc\nname: v\n",
         {"net.yaml:1:7: there is no kind 'vpc'; did you mean Vpc? the kinds are Host, Vpc, PrefixList, "
          "SecurityGroup, "
          "NetworkAcl, Subnet, NatGateway, RouteTable, Interface, BandwidthPackage, ElasticIp, LoadBalancer"}},
        {"a document that is no mapping",
         "- a\n",
         {"net.yaml:1:1: a document is a mapping of keys, with 'kind' and 'name'"}},
        {"a document that is a word",
         "hello\n",
         {"net.yaml:1:1: a document is a mapping of keys, with 'kind' and 'name'"}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        CHECK(errors_of(row.text) == row.errors);
        CHECK(parse_documents("net.yaml", row.text).declarations.empty());
    }
}

TEST_CASE("a number is decimal, whole and not quoted")
{
    const auto vni = [](const std::string& text) {
        return errors_of("kind: Vpc\nname: v\ncidrs: [10.0.0.0/8]\nvni: " + text + "\n");
    };
    for (const char* good : {"0", "1", "16777215", "4294967295"}) {
        INFO(good);
        CHECK(vni(good).empty());
    }
    for (const char* bad : {"-1", "1.5", "0x10", "010", "1e3", "+1", "'1'", "1 2", "one", "''", "|\n", "00"}) {
        INFO(bad);
        REQUIRE(vni(bad).size() == 1);
        CHECK(vni(bad).front().ends_with("is not a whole number (decimal, without quotes)"));
    }
    CHECK(vni("4294967296") == std::vector<std::string>{"net.yaml:4:6: vni: 4294967296 is too large"});
}

TEST_CASE("a file full of mistakes is given up after a thousand of them")
{
    std::string text = "kind: Host\nname: " + std::string(4000, 'n') + "\naddress: 192.0.2.1\n";
    for (unsigned i = 0; i < 20'000; ++i)
        text += fmt::format("key-{}:\n", i);
    const auto errors = errors_of(text + "---\nkind: Host\n");

    REQUIRE(errors.size() == kMostErrors + 1);
    CHECK(errors.back().ends_with("more than 1000 errors; from here on the file is not read"));
    CHECK(parse_documents("net.yaml", text + "---\nkind: Host\n").unreadable.others);
}

} // namespace vpcd
