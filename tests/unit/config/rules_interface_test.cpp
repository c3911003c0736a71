// Rules of Interface.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// An interface in subnet web (10.0.1.0/24 of VPC blue), one field a line; `rest` starts at line 6.
std::string interface(const std::string& address, const std::string& mac, const std::string& rest = {})
{
    return fmt::format("kind: Interface\nname: i\nsubnet: web\naddress: {}\nmac: {}\n{}", address, mac, rest);
}

constexpr auto kMac = "02:00:00:00:00:01";

} // namespace

TEST_CASE("rules of an interface's addresses")
{
    const auto reserved = [](const char* place, const char* address) {
        return fmt::format("net.yaml:{}: {} is reserved in subnet web (10.0.1.0/24); the first and the last three "
                           "addresses are, and 10.0.1.253 is the gateway (S2, VSwitch configurations)",
                           place, address);
    };
    const auto outside = [](const char* place, const char* address) {
        return fmt::format(
            "net.yaml:{}: {} is outside subnet web (10.0.1.0/24, base.yaml:6:48); an address is in its "
            "subnet",
            place, address);
    };
    const auto taken = [](const char* place, const char* address, const char* other) {
        return fmt::format("net.yaml:{}: address {} in VPC blue is taken by Interface {}; an address belongs to one "
                           "interface of a VPC",
                           place, address, other);
    };
    check_rows({
        {"the first free address is accepted", interface("10.0.1.1", kMac), {}},
        {"the last free address is accepted", interface("10.0.1.252", kMac), {}},
        {"the network's own", interface("10.0.1.0", kMac), {reserved("4:10", "10.0.1.0")}},
        {"the gateway's", interface("10.0.1.253", kMac), {reserved("4:10", "10.0.1.253")}},
        {"the last but one", interface("10.0.1.254", kMac), {reserved("4:10", "10.0.1.254")}},
        {"the last", interface("10.0.1.255", kMac), {reserved("4:10", "10.0.1.255")}},
        {"below the subnet", interface("10.0.0.255", kMac), {outside("4:10", "10.0.0.255")}},
        {"above the subnet", interface("10.0.2.0", kMac), {outside("4:10", "10.0.2.0")}},
        {"another interface's", interface("10.0.1.10", kMac), {taken("4:10", "10.0.1.10", "web-1 (base.yaml:8:87)")}},
        {"secondary ones under the same rules",
         interface("10.0.1.20", kMac, "secondaryAddresses: [10.0.1.21, 10.0.1.10, 10.0.1.255, 10.9.9.9]\n"),
         {taken("6:33", "10.0.1.10", "web-1 (base.yaml:8:87)"), reserved("6:44", "10.0.1.255"),
          outside("6:56", "10.9.9.9")}},
        {"a secondary one twice",
         interface("10.0.1.20", kMac, "secondaryAddresses: [10.0.1.21, 10.0.1.20, 10.0.1.21]\n"),
         {"net.yaml:6:33: address 10.0.1.20 in VPC blue is listed twice; an address belongs to one interface of a "
          "VPC",
          "net.yaml:6:44: address 10.0.1.21 in VPC blue is listed twice; an address belongs to one interface of a "
          "VPC"}},
        {"a secondary one that is another's primary, the later one to blame",
         interface("10.0.1.20", kMac, "secondaryAddresses: [10.0.1.30]\n") +
             "---\nkind: Interface\nname: j\nsubnet: web\naddress: 10.0.1.30\nmac: 02:00:00:00:00:02\n",
         {taken("11:10", "10.0.1.30", "i (net.yaml:6:22)")}},
        {"IPv6",
         interface("'fd00::1'", kMac),
         {"net.yaml:4:10: fd00::1 is an IPv6 address; only IPv4 is forwarded for now"}},
    });
}

TEST_CASE("rules of an interface's MAC")
{
    check_rows({
        {"zero",
         interface("10.0.1.20", "00:00:00:00:00:00"),
         {"net.yaml:5:6: 00:00:00:00:00:00 is not the MAC of one card; it must be unicast and not zero"}},
        {"multicast",
         interface("10.0.1.20", "01:00:5e:00:00:01"),
         {"net.yaml:5:6: 01:00:5e:00:00:01 is not the MAC of one card; it must be unicast and not zero"}},
        {"broadcast",
         interface("10.0.1.20", "ff:ff:ff:ff:ff:ff"),
         {"net.yaml:5:6: ff:ff:ff:ff:ff:ff is not the MAC of one card; it must be unicast and not zero"}},
        {"the virtual router's",
         interface("10.0.1.20", "02:76:70:63:64:fe"),
         {"net.yaml:5:6: 02:76:70:63:64:fe is the virtual router's MAC; no interface may have it"}},
        {"the gateway's",
         interface("10.0.1.20", "02:76:70:63:64:fd"),
         {"net.yaml:5:6: 02:76:70:63:64:fd is one of the datapath's own MACs, 02:76:70:63:64:00 to :ff; no interface "
          "may have it"}},
        {"that of health checks",
         interface("10.0.1.20", "02:76:70:63:64:fb"),
         {"net.yaml:5:6: 02:76:70:63:64:fb is one of the datapath's own MACs, 02:76:70:63:64:00 to :ff; no interface "
          "may have it"}},
        {"like those", interface("10.0.1.20", "02:76:70:63:65:fb"), {}},
        {"another interface's of the VPC",
         interface("10.0.1.20", "02:00:00:00:01:0a"),
         {"net.yaml:5:6: MAC 02:00:00:00:01:0a in VPC blue is taken by Interface web-1 (base.yaml:8:103); a MAC "
          "belongs "
          "to one interface of a VPC"}},
    });
}

TEST_CASE("rules of an interface's place")
{
    const auto at = [](const std::string& rest) { return interface("10.0.1.20", kMac, rest); };
    check_rows({
        {"no host is accepted", at(""), {}},
        {"the same device name on another host is accepted", at("host: node-b\ndevice: tap-1\n"), {}},
        {"a host without device",
         at("host: node-a\n"),
         {"net.yaml:6:7: interface i is on host node-a but has no 'device'; name its network device there"}},
        {"a device that is another's",
         at("host: node-a\ndevice: tap-1\n"),
         {"net.yaml:7:9: device tap-1 of host node-a is taken by Interface web-1 (base.yaml:8:71); a device belongs "
          "to "
          "one interface"}},
        {"a device name with a slash",
         at("host: node-a\ndevice: a/b\n"),
         {"net.yaml:7:9: 'a/b' is not a device name: 1 to 15 characters without '/', ':' and blanks"}},
        {"a device name of 16 characters",
         at("host: node-a\ndevice: abcdefghijklmnop\n"),
         {"net.yaml:7:9: 'abcdefghijklmnop' is not a device name: 1 to 15 characters without '/', ':' and blanks"}},
        {"a host that is not there",
         at("host: gone\ndevice: tap\n"),
         {"net.yaml:6:7: there is no Host gone; a name must be that of a declared resource"}},
        {"a subnet that is not there",
         "{kind: Interface, name: i, subnet: gone, address: 10.0.1.20, mac: '" + std::string{kMac} + "'}\n",
         {"net.yaml:1:36: there is no Subnet gone; a name must be that of a declared resource"}},
        {"neither subnet nor host",
         "{kind: Interface, name: i, address: 10.0.1.20, mac: '" + std::string{kMac} + "'}\n",
         {"net.yaml:1:1: interface i has neither 'subnet' nor 'host', so its zone is unknown; add 'subnet', or "
          "'host' "
          "to be in the default subnet of the host's zone"}},
    });
}

} // namespace vpcd
