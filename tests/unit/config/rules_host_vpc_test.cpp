// Rules of Host and Vpc, and of names.
#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("rules of a host")
{
    check_rows({
        {"one of every encapsulation is accepted",
         "{kind: Host, name: h1, address: 192.0.2.11, encapsulation: geneve}\n"
         "--- {kind: Host, name: h2, address: 192.0.2.12, encapsulation: gre, device: eth0, zone: z}\n"
         "--- {kind: Host, name: h3, address: 192.0.2.13, encapsulation: vxlan}\n",
         {}},
        {"a device that leads to the Internet, in both manners of writing, and the underlay's",
         "{kind: Host, name: h1, address: 192.0.2.11, external: eth1}\n"
         "--- {kind: Host, name: h2, address: 192.0.2.12, device: eth0, external: {device: eth0}}\n",
         {}},
        {"devices that cannot lead to the Internet",
         "{kind: Host, name: h1, address: 192.0.2.11, external: a/b}\n"
         "--- {kind: Host, name: h2, address: 192.0.2.12, external: {device: 'a b'}}\n"
         "--- {kind: Host, name: h3, address: 192.0.2.13, external: {}}\n"
         "--- {kind: Host, name: h4, address: 192.0.2.14, external: {devise: eth0}}\n"
         "--- {kind: Host, name: h5, address: 192.0.2.15, external: [eth0]}\n"
         "--- {kind: Host, name: h6, address: 192.0.2.16, external: }\n",
         {"net.yaml:1:55: 'a/b' is not a device name: 1 to 15 characters without '/', ':' and blanks",
          "net.yaml:2:68: 'a b' is not a device name: 1 to 15 characters without '/', ':' and blanks",
          "net.yaml:3:59: 'external' has no 'device'", "net.yaml:4:59: 'external' has no 'device'",
          "net.yaml:4:60: 'external' has no key 'devise'; did you mean 'device'?",
          "net.yaml:5:59: external: this is a list, not a mapping of keys",
          "net.yaml:6:49: 'external' is empty; leave it out or give it a value"}},
        {"the address of another host",
         "kind: Host\nname: h1\naddress: 192.0.2.1\n",
         {"net.yaml:3:10: tunnel endpoint 192.0.2.1 is taken by Host node-a (base.yaml:2:41); a tunnel endpoint "
          "belongs to one host"}},
        {"addresses that are not unicast",
         "{kind: Host, name: h1, address: 224.0.0.1}\n--- {kind: Host, name: h2, address: 127.0.0.1}\n"
         "--- {kind: Host, name: h3, address: 0.0.0.0}\n--- {kind: Host, name: h4, address: 255.255.255.255}\n",
         {"net.yaml:1:33: 224.0.0.1 cannot be a tunnel endpoint; it must be a unicast address",
          "net.yaml:2:37: 127.0.0.1 cannot be a tunnel endpoint; it must be a unicast address",
          "net.yaml:3:37: 0.0.0.0 cannot be a tunnel endpoint; it must be a unicast address",
          "net.yaml:4:37: 255.255.255.255 cannot be a tunnel endpoint; it must be a unicast address"}},
        {"an IPv6 underlay",
         "kind: Host\nname: h1\naddress: 2001:db8::1\n",
         {"net.yaml:3:10: 2001:db8::1 is an IPv6 address; only IPv4 is forwarded for now"}},
        {"a device and a zone that cannot be names",
         "kind: Host\nname: h1\naddress: 192.0.2.11\ndevice: a-very-long-name\nzone: 'a b'\n",
         {"net.yaml:4:9: 'a-very-long-name' is not a device name: 1 to 15 characters without '/', ':' and blanks",
          "net.yaml:5:7: 'a b' is not a name: 1 to 55 letters, digits, '.', '_' and '-', the first one a letter or "
          "digit"}},
    });
}

TEST_CASE("a name is 1 to 63 letters, digits, dots, underlines and dashes")
{
    const std::string longest(63, 'x');
    const auto bad = [](const std::string& name) {
        return std::vector<std::string>{"net.yaml:1:20: '" + name +
                                        "' is not a name: 1 to 63 letters, digits, '.', "
                                        "'_' and '-', the first one a letter or digit"};
    };
    const auto host = [](const std::string& name) {
        return "{kind: Host, name: \"" + name + "\", address: 192.0.2.11}\n";
    };
    check_rows({
        {"the longest", host(longest), {}},
        {"every character", host("0a.B_c-"), {}},
        {"one too long", host(longest + "x"), bad(longest + "x")},
        {"a dash in front", host("-a"), bad("-a")},
        {"a blank", host("a b"), bad("a b")},
        {"a slash", host("a/b"), bad("a/b")},
        {"another script", host("\xc3\xa4"), bad("\xc3\xa4")},
    });
}

TEST_CASE("rules of a VPC")
{
    check_rows({
        {"the standard blocks and their subsets are accepted, and other tenants' blocks",
         "{kind: Vpc, name: v, vni: 16777215, cidrs: [10.0.0.0/8, 172.16.0.0/12, 192.168.4.0/30]}\n",
         {}},
        {"another block on request",
         "{kind: Vpc, name: v, vni: 2, cidrs: [198.51.100.0/24], allowPublicCidr: true}\n",
         {}},
        {"another block without request",
         "kind: Vpc\nname: v\nvni: 2\ncidrs:\n  - 10.0.0.0/16\n  - 198.51.100.0/24\n  - 172.0.0.0/8\n",
         {"net.yaml:6:5: block 198.51.100.0/24 is not inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, and "
          "'allowPublicCidr: true' is not set (S2, VPC configurations)",
          "net.yaml:7:5: block 172.0.0.0/8 is not inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, and "
          "'allowPublicCidr: true' is not set (S2, VPC configurations)"}},
        {"blocks no VPC may have, even on request",
         "kind: Vpc\nname: v\nvni: 2\nallowPublicCidr: true\ncidrs:\n"
         "- 100.64.0.0/24\n- 127.0.0.0/8\n- 169.254.1.0/24\n- 239.0.0.0/8\n- 0.0.0.0/8\n- 240.1.0.0/16\n",
         {"net.yaml:6:3: block 100.64.0.0/24 overlaps 100.64.0.0/10 (kept for services); no VPC may use that",
          "net.yaml:7:3: block 127.0.0.0/8 overlaps 127.0.0.0/8 (loopback); no VPC may use that",
          "net.yaml:8:3: block 169.254.1.0/24 overlaps 169.254.0.0/16 (link-local); no VPC may use that",
          "net.yaml:9:3: block 239.0.0.0/8 overlaps 224.0.0.0/4 (multicast); no VPC may use that",
          "net.yaml:10:3: block 0.0.0.0/8 overlaps 0.0.0.0/8 (\"this network\"); no VPC may use that",
          "net.yaml:11:3: block 240.1.0.0/16 overlaps 240.0.0.0/4 (reserved (RFC 1112)); no VPC may use that"}},
        {"a block around what no VPC may have",
         "{kind: Vpc, name: v, vni: 2, allowPublicCidr: true, cidrs: [0.0.0.0/0]}\n",
         {"net.yaml:1:61: block 0.0.0.0/0 overlaps 100.64.0.0/10 (kept for services); no VPC may use that"}},
        {"blocks that overlap each other",
         "kind: Vpc\nname: v\nvni: 2\ncidrs: [10.1.0.0/16, 10.2.0.0/16, 10.1.2.0/24, 10.0.0.0/8]\n",
         {"net.yaml:4:35: block 10.1.2.0/24 overlaps block 10.1.0.0/16 (net.yaml:4:9); blocks of one VPC may not "
          "overlap",
          "net.yaml:4:48: block 10.0.0.0/8 overlaps block 10.1.0.0/16 (net.yaml:4:9); blocks of one VPC may not "
          "overlap"}},
        {"an IPv6 block",
         "{kind: Vpc, name: v, vni: 2, cidrs: ['fd00::/48']}\n",
         {"net.yaml:1:38: fd00::/48 is an IPv6 block; only IPv4 is forwarded for now"}},
        {"no block at all",
         "{kind: Vpc, name: v, vni: 2, cidrs: []}\n",
         {"net.yaml:1:37: there is no block; a VPC needs at least one"}},
        {"VNIs that do not exist",
         "{kind: Vpc, name: v, vni: 0, cidrs: [10.0.0.0/16]}\n--- {kind: Vpc, name: w, vni: 16777216, cidrs: "
         "[10.0.0.0/16]}\n",
         {"net.yaml:1:27: VNI 0 is not in 1 to 16777215 (RFC 7348, 5)",
          "net.yaml:2:31: VNI 16777216 is not in 1 to 16777215 (RFC 7348, 5)"}},
        {"every way with packets in the middle of connections, and the numbers of these",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16], midstream: accept, connections: 1}\n"
         "--- {kind: Vpc, name: w, vni: 3, cidrs: [10.0.0.0/16], midstream: drop, connections: 8388608}\n"
         "--- {kind: Vpc, name: x, vni: 4, cidrs: [10.0.0.0/16], midstream: after-move}\n",
         {}},
        {"numbers of connections that are none",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16], connections: 0}\n"
         "--- {kind: Vpc, name: w, vni: 3, cidrs: [10.0.0.0/16], connections: 8388609}\n",
         {"net.yaml:1:65: 0 connections is not in 1 to 8388608",
          "net.yaml:2:69: 8388609 connections is not in 1 to 8388608"}},
        {"a way with packets that is none",
         "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16], midstream: reset}\n",
         {"net.yaml:1:63: midstream: 'reset' is none of after-move, accept, drop"}},
        {"the VNI of the default VPC",
         "{kind: Vpc, name: v, vni: 1, cidrs: [10.0.0.0/16]}\n",
         {"net.yaml:1:27: VNI 1 is kept for VPC default"}},
        {"the VNI of another VPC",
         "{kind: Vpc, name: v, vni: 100, cidrs: [10.0.0.0/16]}\n",
         {"net.yaml:1:27: VNI 100 is taken by Vpc blue (base.yaml:4:34); a VNI belongs to one VPC"}},
    });
}

} // namespace vpcd
