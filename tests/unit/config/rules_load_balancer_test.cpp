// Rules of LoadBalancer.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

// The listener is at line 5, `rest` starts at line 6.
std::string balancer(const std::string& address, const std::string& rest)
{
    return fmt::format(
        "kind: LoadBalancer\nname: lb\nvpc: blue\naddress: {}\nlisteners: [{{protocol: tcp, port: 80}}]\n{}", address,
        rest);
}

// `rest` starts at line 7.
std::string private_one(const std::string& rest)
{
    return balancer("10.0.1.200", "subnet: web\n" + rest);
}

std::string listening(const std::string& listeners)
{
    return fmt::format("kind: LoadBalancer\nname: lb\nvpc: blue\naddress: 10.0.1.200\nsubnet: web\nlisteners:\n{}",
                       listeners);
}

const std::string kPublic = balancer("203.0.113.9", "host: gateway\n");

} // namespace

TEST_CASE("rules of a load balancer's address")
{
    check_rows({
        {"in the VPC", private_one(""), {}},
        {"of the Internet", balancer("203.0.113.9", "host: gateway\nannounce: route\ndirectReturn: true\n"), {}},
        {"no answers to the Internet",
         balancer("10.0.1.200", "subnet: web\ndirectReturn: true\n"),
         {"net.yaml:7:15: 'directReturn' is about answers to the Internet; a load balancer in a 'subnet' has no "
          "clients there"}},
        {"neither",
         balancer("10.0.1.200", ""),
         {"net.yaml:1:1: load balancer lb has neither 'host' nor 'subnet'; an address of the Internet has 'host', "
          "which serves "
          "it, one of the VPC has 'subnet'"}},
        {"both",
         balancer("203.0.113.9", "host: gateway\nsubnet: web\n"),
         {"net.yaml:1:1: load balancer lb has both 'host' and 'subnet'; an address of the Internet has 'host', which "
          "serves "
          "it, one of the VPC has 'subnet'"}},
        {"outside its subnet",
         balancer("10.0.9.9", "subnet: web\n"),
         {"net.yaml:4:10: 10.0.9.9 is outside subnet web (10.0.1.0/24, base.yaml:6:48); an address is in its "
          "subnet"}},
        {"reserved",
         balancer("10.0.1.254", "subnet: web\n"),
         {"net.yaml:4:10: 10.0.1.254 is reserved in subnet web (10.0.1.0/24); the first and the last three addresses "
          "are, and "
          "10.0.1.253 is the gateway (S2, VSwitch configurations)"}},
        {"in a subnet of another VPC",
         balancer("10.0.1.200", "subnet: red-web\n"),
         {"net.yaml:6:9: subnet red-web (base.yaml:7:5) is in VPC red, not in blue; a load balancer is in a subnet "
          "of its own "
          "VPC"}},
        {"an interface's",
         balancer("10.0.1.10", "subnet: web\n"),
         {"net.yaml:4:10: address 10.0.1.10 in VPC blue is taken by Interface web-1 (base.yaml:8:87); an address of "
          "a VPC "
          "belongs to one interface or load balancer"}},
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
         {"net.yaml:8:27: tcp port 53 has a listener at net.yaml:7:27; a port has one"}},
        {"port 0",
         listening("  - {protocol: tcp, port: 0, backendPort: 70000}\n"),
         {"net.yaml:7:27: 'port' is 1 to 65535; here it is 0",
          "net.yaml:7:43: 'backendPort' is 1 to 65535; here it is 70000"}},
        {"backends", private_one("backends: [{interface: web-1, weight: 0}]\n"), {}},
        {"a backend alone", private_one("backends: [web-1]\n"), {}},
        {"a backend twice",
         private_one("backends: [web-1, web-1]\n"),
         {"net.yaml:7:19: interface web-1 is a backend already at net.yaml:7:12; it is one once"}},
        {"a backend of another VPC",
         private_one("backends: [red-1]\n"),
         {"net.yaml:7:12: interface red-1 (base.yaml:9:5) is in VPC red, not in blue; a load balancer has backends "
          "of its "
          "own VPC"}},
        {"too heavy",
         private_one("backends: [{interface: web-1, weight: 101}]\n"),
         {"net.yaml:7:39: 'weight' is 0 to 100; here it is 101"}},
        {"a client twice",
         private_one("clients: [10.0.0.0/8, 10.0.0.0/8]\n"),
         {"net.yaml:7:23: 10.0.0.0/8 is listed twice"}},
    });
}

TEST_CASE("rules of a health check")
{
    const auto checked = [](const std::string& check) {
        return listening("  - {protocol: tcp, port: 80, healthCheck: {" + check + "}}\n");
    };
    check_rows({
        {"of a port", checked("type: tcp"), {}},
        {"with all",
         checked("type: http, port: 81, interval: 1, timeout: 300, healthy: 10, unhealthy: 1, path: /a?b, "
                 "host: shop.example, statuses: 200"),
         {}},
        {"of a datagram", checked("type: udp, send: ping, expect: pong"), {}},
        {"of what nobody speaks",
         checked("type: smtp"),
         {"net.yaml:7:51: listeners[0].healthCheck.type: 'smtp' is none of tcp, http, udp; did you mean 'http'?"}},
        {"never",
         checked("type: tcp, interval: 0, timeout: 301, healthy: 0, unhealthy: 11, port: 65536"),
         {"net.yaml:7:66: 'interval' is 1 to 300; here it is 0",
          "net.yaml:7:78: 'timeout' is 1 to 300; here it is 301", "net.yaml:7:92: 'healthy' is 1 to 10; here it is 0",
          "net.yaml:7:106: 'unhealthy' is 1 to 10; here it is 11",
          "net.yaml:7:116: 'port' is 1 to 65535; here it is 65536"}},
        {"of another type",
         checked("type: tcp, path: /, statuses: 200, expect: pong"),
         {"net.yaml:7:62: 'path' is of checks of type http; this one is of type tcp",
          "net.yaml:7:75: 'statuses' is of checks of type http; this one is of type tcp",
          "net.yaml:7:88: 'expect' is of checks of type udp; this one is of type tcp"}},
        {"that would be two words",
         checked("type: http, path: \"/a b\", host: sh\u00f6p.example"),
         {"net.yaml:7:63: 'path' is of printable ASCII without spaces; write others as %20 and the like",
          "net.yaml:7:77: 'host' is of printable ASCII without spaces; write others as %20 and the like"}},
        {"from nowhere", checked("type: http, path: a"), {"net.yaml:7:63: 'path' begins with '/'"}},
        {"of no status",
         checked("type: http, statuses: 99-200"),
         {"net.yaml:7:67: listeners[0].healthCheck.statuses: '99-200' is no HTTP status or range of them; write "
          "200 "
          "or 200-399"}},
        {"that says much",
         checked("type: udp, send: " + std::string(501, 'x')),
         {"net.yaml:7:62: 'send' has at most 500 bytes; here are 501"}},
    });
}

TEST_CASE("what a load balancer stands on cannot change into what breaks its rules")
{
    Documents documents = network();
    const auto served = private_one("backends: [web-1]\n");
    REQUIRE(refusal(documents, {{"lb.yaml", served}}).empty());

    const auto moved = refusal(
        documents,
        {{"lb.yaml", served},
         {"net.yaml",
          "--- {kind: Interface, name: other, subnet: web, address: 10.0.1.200, mac: \"02:00:00:00:00:99\"}\n"}});
    CHECK(moved.size() == 1);
    CHECK_FALSE(refusal(documents, {{"lb.yaml", served}, {"base.yaml", ""}}).empty());
}

} // namespace vpcd
