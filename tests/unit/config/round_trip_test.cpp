// What is rendered as YAML is read back as the same resource.
#include "config/parse.h"

#include "model/render.h"
#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("a resource that is written as YAML and read again is the same")
{
    Documents documents = network();
    REQUIRE(documents.update({{"net.yaml", R"(
--- {kind: Host, name: "100", address: 192.0.2.9, device: "a#b", encapsulation: geneve, zone: "null"}
--- {kind: Host, name: other-gateway, address: 192.0.2.8, external: "007"}
--- {kind: Interface, name: "true", subnet: web, host: node-b, device: "it's", address: 10.0.1.20, mac: "12:00:00:00:00:10",
     secondaryAddresses: [10.0.1.21, 10.0.1.22], sourceCheck: false}
--- {kind: Interface, name: no-subnet, host: node-b, device: tap, address: 172.31.0.9, mac: "02:00:00:00:00:09"}
---
kind: RouteTable
name: t
vpc: blue
routes:
  - {destination: 0.0.0.0/0, nextHop: {interface: web-1}}
  - {destination: 10.9.0.0/16, nextHop: {blackhole: true}}
  - {destination: 10.8.0.0/16, nextHop: {natGateway: shared}}
--- {kind: BandwidthPackage, name: together, bandwidth: {egress: 100}}
--- {kind: ElasticIp, name: free, address: 203.0.113.1, bandwidth: {ingress: 1, egress: 400000}}
--- {kind: ElasticIp, name: shares, address: 203.0.113.12, bandwidthPackage: together}
--- {kind: Interface, name: capped, subnet: web, address: 10.0.1.77, mac: "02:00:00:00:00:77", bandwidth: {ingress: 20}}
--- {kind: ElasticIp, name: bound, address: 203.0.113.2, interface: "true", privateAddress: 10.0.1.22, host: gateway, fixed: true,
     announce: route}
--- {kind: NatGateway, name: idle, vpc: red, host: gateway}
--- {kind: NatGateway, name: spread, vpc: red, host: [gateway, {name: other-gateway}]}
--- {kind: NatGateway, name: apart, vpc: red, host: [{name: gateway, ports: 1024-1999}, {name: other-gateway, ports: 2000-65535}]}
--- {kind: LoadBalancer, name: empty, vpc: blue, subnet: web, address: 10.0.1.200, listeners: [{protocol: udp, port: 1}]}
---
kind: LoadBalancer
name: full
vpc: blue
address: 203.0.113.7
host: gateway
announce: route
directReturn: true
clients: [10.0.0.0/8]
listeners:
  - {protocol: tcp, port: 80, backendPort: 8080, scheduler: least-connections}
  - {protocol: udp, port: 53, scheduler: weighted-round-robin, healthCheck: {type: udp, port: 5353, interval: 1,
     timeout: 1, healthy: 1, unhealthy: 1, send: "a 'b'", expect: ok}}
  - {protocol: tcp, port: 81, healthCheck: {type: http, path: /up, host: shop.example, statuses: 200-204}}
backends: ["true", {interface: member, weight: 0}]
---
kind: NatGateway
name: shared
vpc: blue
host: gateway
ports: 2048-4095
mapping: endpoint-independent
announce: route
bandwidth: {ingress: 7}
snat:
  - {subnet: web, addresses: 203.0.113.3}
  - {cidr: 10.0.0.0/16, addresses: [203.0.113.4, 203.0.113.3]}
dnat:
  - {address: 203.0.113.5, to: 10.0.1.10}
  - {address: 203.0.113.6, to: 10.0.1.20, protocol: udp, port: 53}
  - {address: 203.0.113.6, to: 10.0.9.9, protocol: tcp, port: 443, toPort: 8443}
--- {kind: Vpc, name: v, vni: 7, cidrs: [10.0.0.0/16], midstream: accept, connections: 5}
--- {kind: Subnet, name: guarded, vpc: blue, cidr: 10.0.7.0/24, networkAcl: a}
--- {kind: PrefixList, name: p, prefixes: [0.0.0.0/0, 10.0.0.0/8]}
--- {kind: NetworkAcl, name: a, vpc: blue, rules: [{direction: egress}, {direction: ingress, peer: {prefixList: p}}]}
--- {kind: NetworkAcl, name: empty, vpc: blue}
--- {kind: Interface, name: member, subnet: web, address: 10.0.1.30, mac: "02:00:00:00:00:30", securityGroups: ["007", default-1]}
---
kind: SecurityGroup
name: "007"
vpc: blue
isolated: true
egressDefault: drop
rules:
  - {direction: ingress, protocol: tcp, ports: 80, peer: 10.0.0.0/8, priority: 100}
  - {direction: egress, policy: drop, protocol: udp, ports: [0, 53-54], peer: {group: "007"}}
  - {direction: egress, protocol: icmp, icmpType: 0, icmpCode: 0, peer: {prefixList: p}}
  - {direction: egress, protocol: 89, peer: {group: default-2}}
  - {direction: egress, protocol: 0}
)"}}));

    int count = 0;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        for (const auto& [name, entry] : documents.model().all<Kind>()) {
            const std::string text = to_yaml(AnyResource{entry.value});
            INFO(text);
            const auto parsed = parse_documents("net.yaml", text);
            CHECK(texts(parsed.errors).empty());
            REQUIRE(parsed.declarations.size() == 1);
            CHECK(parsed.declarations[0].value == AnyResource{entry.value});
            ++count;
        }
    });
    CHECK(count == 36);
}

} // namespace vpcd
