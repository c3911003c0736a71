// Rules of bandwidth caps.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// The caps are at line 4 (of a package: 3), column 12.
std::string elastic_with(const std::string& bandwidth)
{
    return fmt::format("kind: ElasticIp\nname: e\naddress: 203.0.113.1\nbandwidth: {}\n", bandwidth);
}

std::string package_with(const std::string& bandwidth)
{
    return fmt::format("kind: BandwidthPackage\nname: p\nbandwidth: {}\n", bandwidth);
}

} // namespace

TEST_CASE("rules of a cap")
{
    check_rows({
        {"one direction", elastic_with("{egress: 1}"), {}},
        {"both", elastic_with("{ingress: 400000, egress: 1}"), {}},
        {"none", elastic_with("{}"), {}},
        {"nothing may pass",
         elastic_with("{egress: 0}"),
         {"net.yaml:4:21: 'egress' is 1 to 400000 Mbit/s; here it is 0"}},
        {"more than there is",
         elastic_with("{egress: 5, ingress: 400001}"),
         {"net.yaml:4:33: 'ingress' is 1 to 400000 Mbit/s; here it is 400001"}},
        {"half a megabit",
         elastic_with("{egress: 0.5}"),
         {"net.yaml:4:21: bandwidth.egress: '0.5' is not a whole number (decimal, without quotes)"}},
        {"another direction",
         elastic_with("{egres: 5}"),
         {"net.yaml:4:13: 'bandwidth' has no key 'egres'; did you mean 'egress'?"}},
        {"one number", elastic_with("5"), {"net.yaml:4:12: bandwidth: this is a word, not a mapping of keys"}},
        {"of a package",
         package_with("{egress: 0}"),
         {"net.yaml:3:21: 'egress' is 1 to 400000 Mbit/s; here it is 0"}},
        {"of an interface",
         "{kind: Interface, name: i, subnet: web, address: 10.0.1.77, mac: \"02:00:00:00:00:77\", bandwidth: "
         "{ingress: "
         "0}}\n",
         {"net.yaml:1:108: 'ingress' is 1 to 400000 Mbit/s; here it is 0"}},
        {"of a NAT gateway",
         "{kind: NatGateway, name: g, vpc: blue, host: gateway, bandwidth: {ingress: 0}}\n",
         {"net.yaml:1:76: 'ingress' is 1 to 400000 Mbit/s; here it is 0"}},
    });
}

TEST_CASE("rules of a shared cap")
{
    const std::string shares = "kind: ElasticIp\nname: e\naddress: 203.0.113.1\nbandwidthPackage: p\n";
    check_rows({
        {"shared", shares + "---\n" + package_with("{egress: 5}"), {}},
        {"with nobody",
         shares,
         {"net.yaml:4:19: there is no BandwidthPackage p; a name must be that of a declared resource"}},
        {"and of its own",
         shares + "bandwidth: {egress: 1}\n---\n" + package_with("{egress: 5}"),
         {"net.yaml:4:19: elastic IP e has 'bandwidth' and 'bandwidthPackage'; it has caps of its own or shares "
          "those "
          "of a package"}},
    });
}

} // namespace vpcd
