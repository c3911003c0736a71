// Rules of NatGateway.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// Of VPC blue (10.0.0.0/16, 192.168.0.0/24); `rest` starts at line 5.
std::string gateway(const std::string& rest, const char* name = "g")
{
    return fmt::format("kind: NatGateway\nname: {}\nvpc: blue\nhost: gateway\n{}", name, rest);
}

// The only entry, at line 6.
std::string snat(const std::string& entry)
{
    return gateway("snat:\n  - {" + entry + "}\n");
}

std::string dnat(const std::string& entry)
{
    return gateway("dnat:\n  - {" + entry + "}\n");
}

std::string entries(const char* key, unsigned count)
{
    std::string text = std::string{key} + ":\n";
    for (unsigned i = 0; i < count; ++i)
        text += key == std::string_view{"snat"}
                    ? fmt::format("  - {{cidr: 10.0.{}.0/24, addresses: 203.0.113.1}}\n", i)
                    : fmt::format("  - {{address: 203.0.113.2, to: 10.0.1.10, protocol: tcp, port: {}}}\n", i + 1);
    return text;
}

} // namespace

TEST_CASE("rules of a NAT gateway")
{
    check_rows({
        {"with nothing to do", gateway(""), {}},
        {"with everything",
         gateway("snat:\n"
                 "  - {subnet: web, addresses: 203.0.113.1}\n"
                 "  - {cidr: 10.0.0.0/16, addresses: [203.0.113.2, 203.0.113.1]}\n"
                 "dnat:\n"
                 "  - {address: 203.0.113.3, to: 10.0.1.10}\n"
                 "  - {address: 203.0.113.4, to: 10.0.1.10, protocol: tcp, port: 80}\n"
                 "  - {address: 203.0.113.4, to: 10.0.1.11, protocol: udp, port: 80, toPort: 8080}\n"
                 "ports: 1-65535\nmapping: endpoint-independent\nannounce: route\n"),
         {}},
        {"one source port", gateway("ports: 5000\n"), {}},
        {"ports that SNAT cannot use",
         gateway("ports: 0-1023\n"),
         {"net.yaml:5:8: 'ports' are of 1 to 65535; here they are 0-1023"}},
        {"ports in the wrong order",
         gateway("ports: 2-1\n"),
         {"net.yaml:5:8: ports: '2-1' is not a range of ports: it ends before it begins"}},
        {"words that are no choice",
         gateway("mapping: per-destinaton\nannounce: garp\n"),
         {"net.yaml:5:10: mapping: 'per-destinaton' is none of per-destination, endpoint-independent; did you mean "
          "'per-destination'?",
          "net.yaml:6:11: announce: 'garp' is none of arp, route; did you mean 'arp'?"}},
        {"a host that does not lead to the Internet",
         "{kind: NatGateway, name: g, vpc: blue, host: node-a}\n",
         {"net.yaml:1:46: host node-a (base.yaml:2:5) has no 'external', the device that leads to the Internet; only "
          "a "
          "host that has it serves public addresses"}},
        {"no host", "{kind: NatGateway, name: g, vpc: blue}\n", {"net.yaml:1:1: NatGateway g has no 'host'"}},
        {"a VPC and a host that are not there",
         "{kind: NatGateway, name: g, vpc: gone, host: nowhere}\n",
         {"net.yaml:1:34: there is no Vpc gone; a name must be that of a declared resource",
          "net.yaml:1:46: there is no Host nowhere; a name must be that of a declared resource"}},
    });
}

TEST_CASE("rules of what SNAT shares")
{
    std::string seventeen = "203.0.113.1";
    for (unsigned i = 2; i <= 17; ++i)
        seventeen += fmt::format(", 203.0.113.{}", i);
    check_rows({
        {"neither a subnet nor a block, and both",
         snat("addresses: 203.0.113.1") + "  - {subnet: web, cidr: 10.0.2.0/24, addresses: 203.0.113.1}\n",
         {"net.yaml:6:5: an entry of 'snat' has either 'subnet' or 'cidr'; here is neither",
          "net.yaml:7:5: an entry of 'snat' has either 'subnet' or 'cidr'; here is both"}},
        {"a subnet of another VPC, and one that is not there",
         snat("subnet: red-web, addresses: 203.0.113.1") + "  - {subnet: gone, addresses: 203.0.113.1}\n",
         {"net.yaml:6:14: subnet red-web (base.yaml:7:5) is in VPC red, not in blue; a NAT gateway serves its own "
          "VPC",
          "net.yaml:7:14: there is no Subnet gone; a name must be that of a declared resource"}},
        {"blocks that are not in the VPC",
         snat("cidr: 10.1.0.0/24, addresses: 203.0.113.1") + "  - {cidr: 10.0.0.0/15, addresses: 203.0.113.1}\n"
                                                             "  - {cidr: 'fd00::/8', addresses: 203.0.113.1}\n",
         {"net.yaml:6:12: 10.1.0.0/24 is not inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24); a NAT gateway "
          "serves its own VPC",
          "net.yaml:7:12: 10.0.0.0/15 is not inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24); a NAT gateway "
          "serves its own VPC",
          "net.yaml:8:12: fd00::/8 is an IPv6 block; only IPv4 is forwarded for now"}},
        {"blocks inside each other",
         snat("cidr: 10.0.1.0/25, addresses: 203.0.113.1") + "  - {subnet: web, addresses: 203.0.113.1}\n"
                                                             "  - {cidr: 10.0.0.0/16, addresses: 203.0.113.1}\n",
         {}},
        {"a source twice, as subnet and as block",
         snat("cidr: 10.0.1.0/24, addresses: 203.0.113.1") + "  - {subnet: web, addresses: 203.0.113.2}\n"
                                                             "  - {cidr: 10.0.1.0/24, addresses: 203.0.113.2}\n",
         {"net.yaml:7:14: 10.0.1.0/24 is already at net.yaml:6:12; a NAT gateway has each source once, and a subnet "
          "counts as its block",
          "net.yaml:8:12: 10.0.1.0/24 is already at net.yaml:6:12; a NAT gateway has each source once, and a subnet "
          "counts as its block"}},
        {"no addresses", snat("subnet: web"), {"net.yaml:6:5: 'snat[0]' has no 'addresses'"}},
        {"an empty list of addresses, and one too many",
         snat("subnet: web, addresses: []") + "  - {cidr: 10.0.2.0/24, addresses: [" + seventeen + "]}\n",
         {"net.yaml:6:30: an entry of 'snat' has 1 to 16 addresses; here are 0",
          "net.yaml:7:36: an entry of 'snat' has 1 to 16 addresses; here are 17"}},
        {"addresses that cannot be public",
         snat("subnet: web, addresses: [224.0.0.1, 10.0.9.9, 100.64.0.1, '::1', 203.0.113.1, 203.0.113.1]"),
         {"net.yaml:6:31: 224.0.0.1 cannot be a public address; it must be a unicast address",
          "net.yaml:6:42: 10.0.9.9 is inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24, base.yaml:4:46); a "
          "public address is outside the VPC that it serves",
          "net.yaml:6:52: 100.64.0.1 is inside 100.64.0.0/10, which is kept for services; it cannot be a public "
          "address",
          "net.yaml:6:64: ::1 is an IPv6 address; only IPv4 is forwarded for now",
          "net.yaml:6:84: address 203.0.113.1 is listed twice"}},
        {"what is no address",
         snat("subnet: web, addresses: [x]") + "  - {cidr: 10.0.2.0/24, addresses: y}\n",
         {"net.yaml:6:31: snat[0].addresses[0]: 'x' is not an IP address",
          "net.yaml:7:36: snat[1].addresses: 'y' is not an IP address"}},
    });
}

TEST_CASE("rules of what DNAT maps")
{
    check_rows({
        {"half a port mapping",
         dnat("address: 203.0.113.1, to: 10.0.1.10, protocol: tcp") +
             "  - {address: 203.0.113.2, to: 10.0.1.10, port: 80}\n"
             "  - {address: 203.0.113.3, to: 10.0.1.10, toPort: 80}\n",
         {"net.yaml:6:53: 'protocol' needs 'port'; without both, the whole address is mapped",
          "net.yaml:7:49: 'port' needs 'protocol'; without both, the whole address is mapped",
          "net.yaml:8:51: 'toPort' needs 'port', which it takes the place of"}},
        {"what has no ports, and several",
         dnat("address: 203.0.113.1, to: 10.0.1.10, protocol: icmp, port: 80-81"),
         {"net.yaml:6:53: dnat[0].protocol: 'icmp' is none of tcp, udp; did you mean 'tcp'?",
          "net.yaml:6:65: dnat[0].port: '80-81' is not a whole number (decimal, without quotes)"}},
        {"ports that are none",
         dnat("address: 203.0.113.1, to: 10.0.1.10, protocol: tcp, port: 0, toPort: 65536"),
         {"net.yaml:6:64: 'port' is 1 to 65535; here it is 0",
          "net.yaml:6:75: 'toPort' is 1 to 65535; here it is 65536"}},
        {"a target outside the VPC, and IPv6",
         dnat("address: 203.0.113.1, to: 10.1.0.1") + "  - {address: 203.0.113.2, to: 'fd00::1'}\n",
         {"net.yaml:6:32: 10.1.0.1 is not inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24); a NAT gateway "
          "serves its own VPC",
          "net.yaml:7:32: fd00::1 is an IPv6 address; only IPv4 is forwarded for now"}},
        {"an address of the VPC as the public one",
         dnat("address: 10.0.1.9, to: 10.0.1.10"),
         {"net.yaml:6:15: 10.0.1.9 is inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24, base.yaml:4:46); a "
          "public address is outside the VPC that it serves"}},
        {"an address whole and by ports, whole twice, and in the other order",
         dnat("address: 203.0.113.1, to: 10.0.1.10") +
             "  - {address: 203.0.113.1, to: 10.0.1.11, protocol: tcp, port: 80}\n"
             "  - {address: 203.0.113.1, to: 10.0.1.12}\n"
             "  - {address: 203.0.113.2, to: 10.0.1.11, protocol: tcp, port: 80}\n"
             "  - {address: 203.0.113.2, to: 10.0.1.13}\n",
         {"net.yaml:7:15: 203.0.113.1 is already mapped at net.yaml:6:15; a public address is mapped either whole, "
          "once, or by ports",
          "net.yaml:8:15: 203.0.113.1 is already mapped at net.yaml:6:15; a public address is mapped either whole, "
          "once, or by ports",
          "net.yaml:10:15: 203.0.113.2 is already mapped at net.yaml:9:15; a public address is mapped either whole, "
          "once, or by ports"}},
        {"a port twice, and its neighbours once",
         dnat("address: 203.0.113.1, to: 10.0.1.10, protocol: tcp, port: 80") +
             "  - {address: 203.0.113.1, to: 10.0.1.10, protocol: udp, port: 80}\n"
             "  - {address: 203.0.113.1, to: 10.0.1.10, protocol: tcp, port: 81, toPort: 80}\n"
             "  - {address: 203.0.113.2, to: 10.0.1.10, protocol: tcp, port: 80}\n"
             "  - {address: 203.0.113.1, to: 10.0.1.11, protocol: tcp, port: 80}\n",
         {"net.yaml:10:64: tcp port 80 of 203.0.113.1 is already mapped at net.yaml:6:15; a port is mapped once"}},
        {"a private address with two public ones",
         dnat("address: 203.0.113.1, to: 10.0.1.10") + "  - {address: 203.0.113.2, to: 10.0.1.10}\n",
         {"net.yaml:7:32: whole mapping to 10.0.1.10 in VPC blue is listed twice; a private address has one public "
          "address"}},
    });
}

TEST_CASE("an address is SNAT's or DNAT's, whichever is written first")
{
    const std::string shared = "snat:\n  - {subnet: web, addresses: [203.0.113.1, 203.0.113.2]}\n";
    const std::string mapped = "dnat:\n  - {address: 203.0.113.2, to: 10.0.1.10, protocol: tcp, port: 80}\n";
    check_rows({
        {"SNAT first",
         gateway(shared + mapped),
         {"net.yaml:8:15: 203.0.113.2 is an address of 'snat' (net.yaml:6:44); one address is not for both (S1, NAT "
          "gateway)"}},
        {"DNAT first",
         gateway(mapped + shared),
         {"net.yaml:6:15: 203.0.113.2 is an address of 'snat' (net.yaml:8:44); one address is not for both (S1, NAT "
          "gateway)"}},
        {"written without a list",
         gateway("snat:\n  - {subnet: web, addresses: 203.0.113.2}\n" + mapped),
         {"net.yaml:8:15: 203.0.113.2 is an address of 'snat' (net.yaml:6:30); one address is not for both (S1, NAT "
          "gateway)"}},
    });
}

TEST_CASE("a public address has one owner, of whatever kind")
{
    check_rows({
        {"two gateways",
         gateway("snat:\n  - {subnet: web, addresses: [203.0.113.1, 203.0.113.2]}\n") +
             "--- {kind: NatGateway, name: r, vpc: red, host: gateway, dnat: [{address: 203.0.113.2, to: "
             "10.0.1.1}]}\n",
         {"net.yaml:7:75: public address 203.0.113.2 is taken by NatGateway g (net.yaml:6:44); a public address "
          "belongs to one ElasticIp, NatGateway or LoadBalancer"}},
        {"an elastic IP, and then a gateway",
         "{kind: ElasticIp, name: e, address: 203.0.113.9}\n---\n" +
             gateway("snat:\n  - {subnet: web, addresses: 203.0.113.9}\n"),
         {"net.yaml:8:30: public address 203.0.113.9 is taken by ElasticIp e (net.yaml:1:37); a public address "
          "belongs "
          "to one ElasticIp, NatGateway or LoadBalancer"}},
        {"a gateway, and then an elastic IP",
         dnat("address: 203.0.113.9, to: 10.0.1.10") + "--- {kind: ElasticIp, name: e, address: 203.0.113.9}\n",
         {"net.yaml:7:41: public address 203.0.113.9 is taken by NatGateway g (net.yaml:6:15); a public address "
          "belongs to one ElasticIp, NatGateway or LoadBalancer"}},
    });
}

TEST_CASE("a private address has one public address, of an elastic IP or of a whole mapping")
{
    const std::string elastic = "{kind: ElasticIp, name: e, address: 203.0.113.9, interface: web-1, host: gateway}\n";
    const std::string whole = dnat("address: 203.0.113.1, to: 10.0.1.10");
    check_rows({
        {"the elastic IP first",
         elastic + "---\n" + whole,
         {"net.yaml:8:32: address 10.0.1.10 of interface web-1 has elastic IP e (net.yaml:1:1); a private address "
          "has "
          "one public address"}},
        {"the mapping first",
         whole + "--- " + elastic,
         {"net.yaml:7:65: address 10.0.1.10 of interface web-1 is mapped whole by NatGateway g (net.yaml:6:3); a "
          "private address has one public address"}},
        {"mapped by ports, beside an elastic IP",
         elastic + "---\n" + dnat("address: 203.0.113.1, to: 10.0.1.10, protocol: tcp, port: 80"),
         {}},
        {"the same address of another VPC",
         "{kind: ElasticIp, name: e, address: 203.0.113.9, interface: red-1, host: gateway}\n---\n" + whole,
         {}},
        {"two gateways",
         whole + "---\n" + [] { return gateway("dnat:\n  - {address: 203.0.113.2, to: 10.0.1.10}\n", "h"); }(),
         {"net.yaml:13:32: whole mapping to 10.0.1.10 in VPC blue is taken by NatGateway g (net.yaml:6:32); a "
          "private "
          "address has one public address"}},
    });
}

TEST_CASE("an interface cannot move with its elastic IP to an address that is mapped whole")
{
    const auto interface = [](const char* address) {
        return fmt::format("{{kind: Interface, name: i, subnet: web, host: gateway, device: tap-i, address: {}, mac: "
                           "'02:00:00:00:00:01'}}\n",
                           address);
    };
    Documents documents = network();
    REQUIRE(refusal(documents, {{"g.yaml", dnat("address: 203.0.113.1, to: 10.0.1.21")},
                                {"e.yaml", "{kind: ElasticIp, name: e, address: 203.0.113.9, interface: i}\n"},
                                {"i.yaml", interface("10.0.1.20")}})
                .empty());

    CHECK(refusal(documents, {{"i.yaml", interface("10.0.1.21")}}) ==
          std::vector<std::string>{"e.yaml:1:61: address 10.0.1.21 of interface i is mapped whole by NatGateway g "
                                   "(g.yaml:6:3); a private address has one public address"});
    CHECK(refusal(documents, {{"i.yaml", interface("10.0.1.22")}}).empty());
}

TEST_CASE("a subnet that changes is held against the NAT gateways that name it")
{
    const auto subnet = [](const char* vpc, const char* cidr) {
        return fmt::format("{{kind: Subnet, name: s, vpc: {}, cidr: {}}}\n", vpc, cidr);
    };
    Documents documents = network();
    REQUIRE(refusal(documents, {{"s.yaml", subnet("blue", "10.0.5.0/24")},
                                {"g.yaml", gateway("snat:\n  - {subnet: s, addresses: 203.0.113.1}\n"
                                                   "  - {cidr: 10.0.6.0/24, addresses: 203.0.113.1}\n")}})
                .empty());

    CHECK(refusal(documents, {{"s.yaml", subnet("red", "10.0.5.0/24")}}) ==
          std::vector<std::string>{
              "g.yaml:6:14: subnet s (s.yaml:1:1) is in VPC red, not in blue; a NAT gateway serves its own VPC"});
    CHECK(
        refusal(documents, {{"s.yaml", subnet("blue", "10.0.6.0/24")}}) ==
        std::vector<std::string>{"g.yaml:7:12: 10.0.6.0/24 is already at g.yaml:6:14; a NAT gateway has each source "
                                 "once, and a subnet counts as its block"});
}

TEST_CASE("hosts that share a NAT gateway")
{
    const auto by = [](const std::string& hosts, const char* rest = "") {
        return fmt::format(
            "{{kind: NatGateway, name: g, vpc: blue, host: {}{}}}\n---\n{{kind: Host, name: gateway-2, "
            "address: 192.0.2.77, external: {{device: eth1}}}}\n",
            hosts, rest);
    };
    check_rows({
        {"equal parts", by("[gateway, gateway-2]"), {}},
        {"parts of their own", by("[{name: gateway, ports: 1024-1999}, {name: gateway-2, ports: 2000-2999}]"), {}},
        {"one with a part", by("[{name: gateway, ports: 2000-2999}]"), {}},
        {"none", by("[]"), {"net.yaml:1:46: a NAT gateway has 1 to 64 hosts; here are 0"}},
        {"one twice", by("[gateway, gateway]"), {"net.yaml:1:56: host gateway is listed twice"}},
        {"one that is not there",
         by("[gateway, gone]"),
         {"net.yaml:1:56: there is no Host gone; a name must be that of a declared resource"}},
        {"one that does not lead to the Internet",
         by("[gateway, node-a]"),
         {"net.yaml:1:56: host node-a (base.yaml:2:5) has no 'external', the device that leads to the Internet; only "
          "a host that has it serves public addresses"}},
        {"only one with ports",
         by("[{name: gateway, ports: 2000-2999}, gateway-2]"),
         {"net.yaml:1:82: either all hosts of a NAT gateway have 'ports' or none has"}},
        {"ports in common",
         by("[{name: gateway, ports: 2000-2999}, {name: gateway-2, ports: 2999-4000}]"),
         {"net.yaml:1:107: 2999-4000 overlap 2000-2999 of host gateway; hosts that share addresses have different "
          "ports"}},
        {"ports that the gateway has not",
         by("[{name: gateway, ports: 1000-2999}, {name: gateway-2, ports: 3000-4000}]"),
         {"net.yaml:1:70: 1000-2999 are not all of the gateway's 'ports', 1024-65535"}},
        {"more hosts than ports",
         by("[gateway, gateway-2]", ", ports: 5000"),
         {"net.yaml:1:46: 2 hosts share the 1 ports of 'ports'; each needs one"}},
    });
}

TEST_CASE("the NAT gateways of a VPC on one host have different sources")
{
    const auto at = [](const char* name, const char* host, const char* source, int address) {
        return fmt::format(
            "kind: NatGateway\nname: {}\nvpc: blue\nhost: {}\nsnat:\n  - {{{}, addresses: 203.0.113.{}}}\n", name,
            host, source, address);
    };
    Documents documents = network();
    REQUIRE(refusal(documents, {{"g.yaml", at("g", "gateway", "subnet: web", 1)},
                                {"other.yaml", "{kind: Host, name: other, address: 192.0.2.77, external: e0}\n"}})
                .empty());

    CHECK(refusal(documents, {{"h.yaml", at("h", "gateway", "cidr: 10.0.1.0/24", 2)}}) ==
          std::vector<std::string>{
              "h.yaml:6:12: 10.0.1.0/24 is a source of NatGateway g (g.yaml:6:14); the NAT gateways "
              "of a VPC on one host have different sources"});
    CHECK(refusal(documents, {{"h.yaml", at("h", "gateway", "cidr: 10.0.1.0/25", 2)}}).empty());
    CHECK(refusal(documents, {{"h.yaml", at("h", "other", "cidr: 10.0.1.0/24", 2)}}).empty());
}

TEST_CASE("a NAT gateway has as many entries as its quota, of SNAT and of DNAT each")
{
    Documents documents = network();
    Documents small = network({.nat_entries_per_gateway = 1});
    const auto told = [](const char* place, const char* key, int count, int most) {
        return std::vector<std::string>{
            fmt::format("net.yaml:{}: NAT gateway g has {} entries of '{}'; a gateway has "
                        "at most {} (quotas.natEntriesPerGateway)",
                        place, count, key, most)};
    };

    CHECK(refusal(documents, {{"net.yaml", gateway(entries("snat", 100) + entries("dnat", 100))}}).empty());
    CHECK(refusal(documents, {{"net.yaml", gateway(entries("snat", 101))}}) == told("106:5", "snat", 101, 100));
    CHECK(refusal(documents, {{"net.yaml", gateway(entries("dnat", 101))}}) == told("106:5", "dnat", 101, 100));
    CHECK(refusal(small, {{"net.yaml", gateway(entries("snat", 2))}}) == told("7:5", "snat", 2, 1));
    CHECK(refusal(small, {{"net.yaml", gateway(entries("snat", 1) + entries("dnat", 1))}}).empty());
}

} // namespace vpcd
