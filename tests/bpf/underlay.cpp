#include "underlay.h"

#include <cstring>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>

namespace vpcd::test {
namespace {

std::uint32_t subnet_of(std::string_view address)
{
    return ipv4(address) >> 8 & 0xff;
}

template <typename Value, typename Key>
void edit_element(Datapath& datapath, const char* map, const Key& key, const std::function<void(Value&)>& edit)
{
    Value value{};
    REQUIRE(datapath.get(map, key, value));
    edit(value);
    datapath.put(map, key, value);
}

} // namespace

::address to_address(std::uint32_t ipv4_host_order)
{
    const std::uint32_t value = htonl(ipv4_host_order);
    ::address out{.byte = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    std::memcpy(out.byte + 12, &value, sizeof(value));
    return out;
}

std::uint32_t ipv4_of(const ::address& address)
{
    std::uint32_t value = 0;
    std::memcpy(&value, address.byte + 12, sizeof(value));
    return ntohl(value);
}

::mac to_mac(const MacBytes& bytes)
{
    ::mac out{};
    std::memcpy(out.byte, bytes.data(), bytes.size());
    return out;
}

Bytes Instance::complete(Packet packet) const
{
    return packet.by_default(mac, kRouterMac, ipv4(address)).bytes();
}

Outcome Instance::sends(Packet packet, RunOptions options) const
{
    options.ifindex = ifindex;
    auto& datapath = world->datapath;
    return measure(datapath, false, [&] { return datapath.run(Program::kFromInterface, complete(packet), options); });
}

// A test run without a device of its own counts as entering by the first one.
Outcome Instance::sends_in_xdp(const Packet& packet) const
{
    auto& datapath = world->datapath;
    datapath.put("devices", device_key{1}, device{id});
    return measure(datapath, true, [&] { return datapath.run(Program::kXdpInterface, complete(packet)); });
}

Outcome Instance::guards(const Packet& packet, std::uint32_t mark) const
{
    auto& datapath = world->datapath;
    return measure(datapath, false, [&] {
        return datapath.run(Program::kToInterface, packet.bytes(), {.ifindex = ifindex, .mark = mark});
    });
}

::interface Instance::settings() const
{
    ::interface out{};
    REQUIRE(world->datapath.get("interfaces", id, out));
    return out;
}

const Instance& Instance::change(const std::function<void(::interface&)>& edit) const
{
    edit_element<::interface>(world->datapath, "interfaces", id, edit);
    return *this;
}

const Instance& Instance::unchecked() const
{
    return change([](auto& i) { i.flags &= static_cast<__u16>(~INTERFACE_SOURCE_CHECK); });
}

const Instance& Instance::bump() const
{
    return change([](auto& i) { i.generation++; });
}

Underlay::Underlay() : datapath{Datapath::instance()}
{
    datapath.clear();
    change_settings([](auto& s) {
        s.vtep = to_address(ipv4(kThisHost));
        s.encapsulation = ENCAPSULATION_VXLAN;
    });
    vpc(kVpc);
}

void Underlay::vpc(std::uint32_t vni)
{
    datapath.put("vpcs", vpc_key{vni}, ::vpc{.arrivals = kMainTable, .flow_limit = 0, .flags = 0, .way_back = 0});
    subnet(1, kMainTable, vni);
    subnet(2, kMainTable, vni);
    route("100.64.0.0/10", ROUTE_SERVICE, 0, kMainTable, vni);
}

void Underlay::subnet(std::uint32_t id, std::uint32_t table, std::uint32_t vni)
{
    const auto base = "10.0." + std::to_string(id);
    datapath.put("subnets", subnet_key{vni, id}, ::subnet{to_address(ipv4(base + ".1")), table, 0, 0});
    add_endpoint(base + ".1", vni, 0, ENDPOINT_ROUTER);
    for (const auto seen_from : {kMainTable, table})
        route(base + ".0/24", ROUTE_SUBNET, 0, seen_from, vni);
}

void Underlay::route(std::string_view prefix, route_kind kind, std::uint32_t next_hop, std::uint32_t table,
                     std::uint32_t vni)
{
    const auto slash = prefix.find('/');
    const auto bits = static_cast<__u32>(std::stoul(std::string{prefix.substr(slash + 1)}));
    const route_key key{ROUTE_PREFIX_FIXED + 96 + bits, vni, table, to_address(ipv4(prefix.substr(0, slash)))};
    datapath.put("routes", key, ::route{.kind = kind, .next_hop = next_hop});
}

std::uint32_t Underlay::add_next_hop(std::uint32_t vni, std::uint32_t host, std::uint32_t interface,
                                     const MacBytes& mac)
{
    const auto id = ++next_hops_;
    datapath.put(
        "next_hops", id,
        ::next_hop{.serial = 1, .vpc = vni, .host = host, .interface = interface, .mac = to_mac(mac), .flags = 0});
    return id;
}

void Underlay::add_endpoint(std::string_view address, std::uint32_t vni, std::uint32_t next_hop, std::uint32_t flags)
{
    datapath.put(
        "endpoints", endpoint_key{to_address(ipv4(address)), vni},
        ::endpoint{.next_hop = next_hop, .subnet = subnet_of(address), .flags = flags, .group_set = 0, .outside = 0});
}

Instance Underlay::interface(std::string_view address, std::uint32_t vni)
{
    const auto id = ++interfaces_;
    const auto mac = mac_of(address);
    const Instance out{this, vni, id, add_next_hop(vni, 0, id, mac), kFirstDevice + id - 1, std::string{address},
                       mac};
    datapath.put("interfaces", id,
                 ::interface{.vpc = vni,
                             .subnet = subnet_of(address),
                             .generation = 1,
                             .ifindex = out.ifindex,
                             .next_hop = out.next_hop,
                             .flags = INTERFACE_SOURCE_CHECK,
                             .mac = to_mac(mac),
                             .ingress_policy = 0,
                             .egress_policy = 0,
                             .ingress_limit = 0,
                             .egress_limit = 0});
    datapath.put("devices", device_key{out.ifindex}, ::device{id});
    datapath.put("stations", station_key{.vpc = vni, .mac = to_mac(mac), .pad = 0}, ::station{out.next_hop});
    add_endpoint(address, vni, out.next_hop);
    return out;
}

Remote Underlay::far(std::string_view address, std::uint32_t host, std::uint32_t vni)
{
    const auto mac = mac_of(address);
    const auto next_hop = add_next_hop(vni, host, 0, mac);
    add_endpoint(address, vni, next_hop);
    return {next_hop, host, std::string{address}, mac};
}

std::uint32_t Underlay::secondary(const Instance& owner, std::string_view address)
{
    const auto next_hop = add_next_hop(owner.vni, 0, owner.id, owner.mac);
    add_endpoint(address, owner.vni, next_hop);
    return next_hop;
}

std::uint32_t Underlay::host(std::string_view vtep, encapsulation receives)
{
    const auto id = ++hosts_;
    const auto address = to_address(ipv4(vtep));
    datapath.put("hosts", id,
                 ::host{.address = address,
                        .source = to_address(ipv4(kThisHost)),
                        .ifindex = kUnderlayDevice,
                        .mtu = kPathMtu,
                        .encapsulation = static_cast<__u8>(receives),
                        .flags = HOST_RESOLVED | HOST_REACHABLE,
                        .destination_mac = to_mac(kFarUnderlayMac),
                        .source_mac = to_mac(kUnderlayMac),
                        .gateway = 0});
    datapath.put("vteps", vtep_key{address}, ::vtep{id});
    return id;
}

void Underlay::leads_outside()
{
    change_settings([](auto& s) {
        s.external_ifindex = kExternalDevice;
        s.external_mtu = kPathMtu;
        s.external_mac = to_mac(kExternalMac);
        s.outside = 1;
    });
}

std::uint32_t Underlay::gateway(std::uint32_t host, std::uint32_t vni)
{
    const auto id = add_next_hop(vni, host, 0, kGatewayMac);
    change_next_hop(id, [](auto& n) { n.flags = NEXT_HOP_OUTSIDE; });
    return id;
}

std::uint32_t Underlay::passes_to(std::uint32_t host, std::uint32_t vni)
{
    const auto id = gateway(host, vni);
    change_next_hop(id, [](auto& n) {
        n.mac = {VPCD_PASS_MAC};
        n.flags = NEXT_HOP_OUTSIDE | NEXT_HOP_PASS;
    });
    return id;
}

void Underlay::goes_back()
{
    const auto id = gateway(0);
    change_next_hop(id, [](auto& n) {
        n.mac = {VPCD_RETURN_MAC};
        n.flags = NEXT_HOP_OUTSIDE | NEXT_HOP_RETURN;
    });
    edit_element<::vpc>(datapath, "vpcs", vpc_key{kVpc}, [&](auto& v) { v.way_back = id; });
}

void Underlay::goes_out_by(std::string_view address, std::uint32_t gateway, std::uint32_t vni)
{
    const endpoint_key key{to_address(ipv4(address)), vni};
    edit_element<::endpoint>(datapath, "endpoints", key, [&](auto& e) { e.outside = gateway; });
}

void Underlay::serves(std::string_view address, std::string_view private_address, std::uint32_t vni)
{
    const auto id = ++publics_;
    datapath.put("publics", public_key{to_address(ipv4(address))},
                 ::public_address{.private_address = to_address(ipv4(private_address)),
                                  .vpc = vni,
                                  .id = id,
                                  .flags = PUBLIC_WHOLE | PUBLIC_ANNOUNCED});
    datapath.put("elastics", elastic_key{to_address(ipv4(private_address)), vni},
                 ::elastic{to_address(ipv4(address)), id});
}

void Underlay::change_settings(const std::function<void(::settings&)>& edit)
{
    edit_element<::settings>(datapath, "settings", std::uint32_t{0}, edit);
}

void Underlay::change_public(std::string_view address, const std::function<void(::public_address&)>& edit)
{
    edit_element<::public_address>(datapath, "publics", public_key{to_address(ipv4(address))}, edit);
}

void Underlay::change_host(std::uint32_t id, const std::function<void(::host&)>& edit)
{
    edit_element<::host>(datapath, "hosts", id, edit);
}

void Underlay::change_next_hop(std::uint32_t id, const std::function<void(::next_hop&)>& edit)
{
    edit_element<::next_hop>(datapath, "next_hops", id, edit);
}

void Underlay::forget_endpoint(std::string_view address, std::uint32_t vni)
{
    datapath.erase("endpoints", endpoint_key{to_address(ipv4(address)), vni});
}

Outcome Underlay::receives(const Packet& packet, Via via)
{
    const auto program = via == Via::kTc ? Program::kTcUnderlay : Program::kXdpUnderlay;
    return measure(datapath, via == Via::kXdp, [&] { return datapath.run(program, packet.bytes()); });
}

Outcome Underlay::receives_from_outside(const Packet& packet)
{
    return measure(datapath, false, [&] {
        return datapath.run(Program::kFromExternal, packet.bytes(), {.ifindex = kExternalDevice});
    });
}

Outcome Underlay::receives_from_checker(const Packet& packet)
{
    return measure(datapath, false,
                   [&] { return datapath.run(Program::kFromChecks, packet.bytes(), {.ifindex = kCheckDevice}); });
}

Outcome Underlay::receives_from_tunnel(const Packet& inner, std::uint32_t vni, std::string_view outer_source)
{
    return measure(datapath, false, [&] { return datapath.run_from_tunnel(inner.bytes(), vni, ipv4(outer_source)); });
}

std::vector<flow_key> Underlay::flow_keys() const
{
    auto keys = datapath.keys<flow_key>("flows");
    for (const auto& key : datapath.keys<flow_key>("pending"))
        keys.push_back(key);
    return keys;
}

bool Underlay::is_established(const flow_key& key) const
{
    ::flow out{};
    return datapath.get("flows", key, out);
}

::flow Underlay::flow(const flow_key& key) const
{
    ::flow out{};
    REQUIRE((datapath.get("flows", key, out) || datapath.get("pending", key, out)));
    return out;
}

} // namespace vpcd::test
