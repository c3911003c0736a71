// Rules of LoadBalancer.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// `rest` starts at line 6.
std::string balancer(const std::string& address, const std::string& rest, const char* name = "lb")
{
    return fmt::format(
        "kind: LoadBalancer\nname: {}\nvpc: blue\naddress: {}\nlisteners: [{{protocol: tcp, port: 80}}]\n{}", name,
        address, rest);
}

std::string listening(const std::string& listeners)
{
    return fmt::format("kind: LoadBalancer\nname: lb\nvpc: blue\naddress: 10.0.1.200\nlisteners:\n{}", listeners);
}

} // namespace

TEST_CASE("rules of a load balancer's address")
{
    check_rows({
        {"in the VPC", balancer("10.0.1.200", ""), {}},
        {"of the Internet", balancer("203.0.113.9", "host: gateway\nannounce: route\n"), {}},
        {"in no subnet",
         balancer("10.0.9.9", ""),
         {"net.yaml:4:10: 10.0.9.9 is in no subnet of VPC blue; without 'host' it is an address of the VPC, with "
          "'host' one "
          "of the Internet"}},
        {"reserved",
         balancer("10.0.1.254", ""),
         {"net.yaml:4:10: 10.0.1.254 is reserved in subnet web (10.0.1.0/24); the first and the last three addresses "
          "are "
          "(S2, VSwitch configurations)"}},
        {"an interface's",
         balancer("10.0.1.10", ""),
         {"net.yaml:4:10: address 10.0.1.10 in VPC blue is taken by Interface web-1 (base.yaml:8:87); an address of "
          "a VPC belongs to "
          "one interface or load balancer"}},
        {"public, but of the VPC",
         balancer("10.0.1.200", "host: gateway\n"),
         {"net.yaml:4:10: 10.0.1.200 is inside a block of VPC blue (10.0.0.0/16, 192.168.0.0/24, base.yaml:4:46); a "
          "public "
          "address is outside the VPC that it serves"}},
        {"of a host that leads nowhere",
         balancer("203.0.113.9", "host: node-a\n"),
         {"net.yaml:6:7: host node-a (base.yaml:2:5) has no 'external', the device that leads to the Internet; only "
          "a host "
          "that has it serves public addresses"}},
    });
}

TEST_CASE("rules of a load balancer's listeners, backends and clients")
{
    check_rows({
        {"two protocols of a port", listening("  - {protocol: tcp, port: 53}\n  - {protocol: udp, port: 53}\n"), {}},
        {"a port twice",
         listening("  - {protocol: tcp, port: 53}\n  - {protocol: tcp, port: 53}\n"),
         {"net.yaml:7:27: tcp port 53 has a listener at net.yaml:6:27; a port has one"}},
        {"port 0",
         listening("  - {protocol: tcp, port: 0, backendPort: 70000}\n"),
         {"net.yaml:6:27: 'port' is 1 to 65535; here it is 0",
          "net.yaml:6:43: 'backendPort' is 1 to 65535; here it is 70000"}},
        {"backends", balancer("10.0.1.200", "backends: [{interface: web-1, weight: 0}]\n"), {}},
        {"a backend alone", balancer("10.0.1.200", "backends: [web-1]\n"), {}},
        {"a backend twice",
         balancer("10.0.1.200", "backends: [web-1, web-1]\n"),
         {"net.yaml:6:19: interface web-1 is a backend already at net.yaml:6:12; it is one once"}},
        {"a backend of another VPC",
         balancer("10.0.1.200", "backends: [red-1]\n"),
         {"net.yaml:6:12: interface red-1 (base.yaml:9:5) is in VPC red, not in blue; a load balancer has backends "
          "of its "
          "own VPC"}},
        {"too heavy",
         balancer("10.0.1.200", "backends: [{interface: web-1, weight: 101}]\n"),
         {"net.yaml:6:39: 'weight' is 0 to 100; here it is 101"}},
        {"a client twice",
         balancer("10.0.1.200", "clients: [10.0.0.0/8, 10.0.0.0/8]\n"),
         {"net.yaml:6:23: 10.0.0.0/8 is listed twice"}},
    });
}

} // namespace vpcd
