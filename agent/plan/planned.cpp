#include "plan/planned.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "plan/planned_bandwidth.h"
#include "plan/policy.h"

namespace vpcd {

::endpoint_key endpoint_key_of(std::uint32_t vni, const Address& address)
{
    return {.address = address.abi(), .vpc = vni};
}

::endpoint_key gateway_key_of(std::uint32_t vni, std::uint32_t host_id, bool is_in)
{
    ::endpoint_key key{.address = {}, .vpc = vni};
    key.address.byte[0] = 0x01; // 100::/64 discards (RFC 6666)
    key.address.byte[8] = is_in;
    std::memcpy(&key.address.byte[12], &host_id, sizeof(host_id));
    return key;
}

std::string service_name(const ServiceName& name)
{
    return fmt::format("{} {} {} {}", to_string(name.address), name.vni, unsigned{name.protocol}, name.port);
}

std::string backend_name(const std::string& service, const Address& address)
{
    return service + " " + to_string(address);
}

::route_key route_key_of(std::uint32_t vni, std::uint32_t table, const Prefix& destination)
{
    return {.prefix_len = ROUTE_PREFIX_FIXED + destination.mapped_length(),
            .vpc = vni,
            .table = table,
            .address = destination.address().abi()};
}

namespace {

__u16 narrow_mtu(unsigned mtu)
{
    return static_cast<__u16>(std::min<unsigned>(mtu, std::numeric_limits<__u16>::max()));
}

} // namespace

// The host's own, in the block that VPCs keep for services.
Address check_address(const Address& host)
{
    const auto bits = kServiceBlock.address().v4_value();
    const auto own = (std::uint32_t{1} << (32 - kServiceBlock.length())) - 1;
    return Address::v4(bits | (host.v4_value() & own));
}

void add_rows(const PlannedSelf& self, Tables& tables)
{
    tables.settings[0] = {.vtep = self.address.abi(),
                          .encapsulation = self.encapsulation,
                          .tunnel_ifindex = self.tunnel_ifindex,
                          .events = 0, // owned at run time by who switches events on and off
                          .xdp_redirect = self.xdp_redirect,
                          .epoch = 0, // and this by what switches rule sets
                          .denials = 0,
                          .external_ifindex = self.external ? self.external->ifindex : 0,
                          .external_mtu = narrow_mtu(self.external ? self.external->mtu : 0),
                          .external_mac = self.external ? self.external->mac.abi() : ::mac{},
                          .outside = self.has_publics,
                          .translations_per_vpc = self.translations_per_vpc,
                          .translations_per_address = self.translations_per_address,
                          .check_ifindex = self.check_ifindex,
                          .check_address =
                              self.check_ifindex == 0 ? 0 : htonl(check_address(self.address).v4_value()),
                          .tunnel_mtu = narrow_mtu(self.tunnel_mtu),
                          .pad = 0};
    add_deny_rows(tables);
}

void add_rows(const PlannedHost& host, Tables& tables)
{
    ::host row{};
    row.address = host.address.abi();
    row.encapsulation = host.encapsulation;
    if (const auto& path = host.path) {
        row.source = path->source.abi();
        row.ifindex = path->ifindex;
        row.mtu = narrow_mtu(path->mtu);
        row.flags = HOST_REACHABLE;
        row.source_mac = path->source_mac.abi();
        if (path->destination_mac) {
            row.flags |= HOST_RESOLVED;
            row.destination_mac = path->destination_mac->abi();
        }
        if (path->gateway && path->gateway->is_v4())
            row.gateway = htonl(path->gateway->v4_value());
    }
    tables.hosts[host.id] = row;
    tables.vteps[{.address = host.address.abi()}] = {.host = host.id};
}

void add_rows(const PlannedVpc& vpc, Tables& tables)
{
    tables.vpcs[{.vpc = vpc.vni}] = {
        .arrivals = vpc.arrivals, .flow_limit = vpc.flow_limit, .flags = vpc.flags, .way_back = vpc.way_back.index};
    if (vpc.way_back.index != 0)
        tables.next_hops[vpc.way_back.index] = {.serial = vpc.way_back.serial,
                                                .vpc = vpc.vni,
                                                .host = 0,
                                                .interface = 0,
                                                .mac = {VPCD_RETURN_MAC},
                                                .flags = NEXT_HOP_OUTSIDE | NEXT_HOP_RETURN};
}

void add_rows(const PlannedSubnet& subnet, Tables& tables)
{
    tables.subnets[{.vpc = subnet.vni, .subnet = subnet.id}] = {.gateway = subnet.gateway.abi(),
                                                                .route_table = subnet.table_id,
                                                                .ingress_policy = subnet.ingress_policy,
                                                                .egress_policy = subnet.egress_policy};
    tables.endpoints[endpoint_key_of(subnet.vni, subnet.gateway)] = {
        .next_hop = 0, .subnet = subnet.id, .flags = ENDPOINT_ROUTER, .group_set = 0, .outside = 0};
}

void add_rows(const PlannedTable& table, Tables& tables)
{
    for (const auto& [route, next_hop] : table.routes)
        tables.routes[route_key_of(table.vni, table.id, route.destination)] = {.kind = static_cast<__u32>(route.kind),
                                                                               .next_hop = next_hop};
}

void add_rows(const PlannedInterface& interface, Tables& tables)
{
    for (const auto& [address, slot, outside] : interface.addresses) {
        tables.endpoints[endpoint_key_of(interface.vni, address)] = {.next_hop = slot.index,
                                                                     .subnet = interface.subnet_id,
                                                                     .flags = 0,
                                                                     .group_set = interface.group_set,
                                                                     .outside = outside};
        tables.next_hops[slot.index] = {.serial = slot.serial,
                                        .vpc = interface.vni,
                                        .host = interface.host_id,
                                        .interface = interface.id(),
                                        .mac = interface.mac.abi(),
                                        .flags = 0};
    }
    if (!interface.local)
        return;
    const PlannedLocal& local = *interface.local;
    const auto limits = add_interface_limits(local.id, local.bandwidth, tables);
    tables.interfaces[local.id] = {.vpc = interface.vni,
                                   .subnet = interface.subnet_id,
                                   .generation = local.generation,
                                   .ifindex = local.ifindex,
                                   .next_hop = interface.primary_slot(),
                                   .flags = local.flags,
                                   .mac = interface.mac.abi(),
                                   .ingress_policy = local.ingress_policy,
                                   .egress_policy = local.egress_policy,
                                   .ingress_limit = limits.ingress,
                                   .egress_limit = limits.egress};
    tables.stations[{.vpc = interface.vni, .mac = interface.mac.abi(), .pad = 0}] = {.next_hop =
                                                                                         interface.primary_slot()};
    if (local.ifindex != 0)
        tables.devices[{.ifindex = local.ifindex}] = {.interface = local.id};
}

void add_rows(const PlannedGateway& gateway, Tables& tables)
{
    ::next_hop row{.serial = gateway.slot.serial,
                   .vpc = gateway.vni,
                   .host = gateway.host_id,
                   .interface = 0,
                   .mac = {VPCD_GATEWAY_MAC},
                   .flags = NEXT_HOP_OUTSIDE};
    if (gateway.is_in) {
        row.mac = {VPCD_PASS_MAC};
        row.flags |= NEXT_HOP_PASS;
    }
    tables.next_hops[gateway.slot.index] = row;
}

std::uint32_t told_by(bool is_announced, bool is_quiet, bool is_passed)
{
    const std::uint32_t passed = is_passed ? PUBLIC_PASSED : 0;
    if (is_quiet)
        return passed | PUBLIC_QUIET;
    return is_announced ? passed | PUBLIC_ANNOUNCED : passed;
}

void add_rows(const PlannedElastic& elastic, Tables& tables)
{
    tables.publics[{.address = elastic.address.abi()}] = {.private_address = elastic.private_address.abi(),
                                                          .vpc = elastic.vni,
                                                          .id = elastic.id,
                                                          .flags = PUBLIC_WHOLE | told_by(elastic.is_announced)};
    tables.elastics[{.address = elastic.private_address.abi(), .vpc = elastic.vni}] = {
        .address = elastic.address.abi(), .id = elastic.id};
    add_public_limits(elastic.id, elastic.payer, elastic.bandwidth, tables);
}

void add_vacancy(const NextHopSlot& slot, Tables& tables)
{
    ::next_hop row{};
    row.serial = slot.serial;
    tables.next_hops[slot.index] = row;
}

void add_vacancy(std::uint32_t interface, std::uint32_t generation, Tables& tables)
{
    ::interface row{};
    row.generation = generation;
    tables.interfaces[interface] = row;
}

} // namespace vpcd
