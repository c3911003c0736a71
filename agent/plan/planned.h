// What was planned for each resource: everything its rows are made of, so that the old rows of a resource can be told
// from the new ones without looking at any other resource.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "model/bandwidth.h"
#include "model/health_check.h"
#include "plan/effective_routes.h"
#include "plan/facts.h"
#include "plan/next_hop_slots.h"
#include "plan/tables.h"

namespace vpcd {

// This host.
struct PlannedSelf {
    Address address;
    std::uint32_t encapsulation = 0;
    unsigned tunnel_ifindex = 0;
    bool xdp_redirect = false;
    bool has_publics = false; // some public address is bound to somebody, here or elsewhere
    std::optional<Link> external;
    std::uint32_t translations_per_vpc = 0;
    std::uint32_t translations_per_address = 0;
    unsigned check_ifindex = 0;
    unsigned tunnel_mtu = 0; // of a tunnel to this host; 0: not known
};

// Another host.
struct PlannedHost {
    std::uint32_t id = 0;
    Address address;
    std::uint8_t encapsulation = 0;
    std::optional<UnderlayPath> path; // only of a peer
};

struct PlannedVpc {
    std::uint32_t vni = 0;
    std::uint32_t arrivals = 0; // table id
    std::uint32_t flow_limit = 0;
    std::uint32_t flags = 0;
    NextHopSlot way_back; // index 0: it needs none
};

struct PlannedSubnet {
    std::string vpc;
    std::uint32_t vni = 0;
    std::uint32_t id = 0;
    Prefix cidr;
    Address gateway;
    std::string table;
    std::uint32_t table_id = 0;
    bool uses_table = false;          // a local interface is in this subnet
    std::uint32_t ingress_policy = 0; // 0: it has no network ACL, or no local interface
    std::uint32_t egress_policy = 0;
};

// A route table, or what stands for one: the arrivals of a VPC.
struct TableName {
    std::string vpc;
    std::string name;

    friend auto operator<=>(const TableName&, const TableName&) = default;
};

// Routes a packet without inner MAC by: to the local interface that is the next hop of a custom route. No document
// can have this name.
inline constexpr std::string_view kArrivals = "\x01"
                                              "arrivals";

struct PlannedRoute {
    EffectiveRoute route;
    std::uint32_t next_hop = 0;
};

// The way out of a VPC by one host; or the way into it by that one, which translates what comes from the Internet.
struct GatewayName {
    std::uint32_t vni = 0;
    std::string host;
    bool is_in = false;

    friend auto operator<=>(const GatewayName&, const GatewayName&) = default;
};

struct PlannedTable {
    std::uint32_t vni = 0;
    std::uint32_t id = 0;
    std::vector<PlannedRoute> routes;  // by destination
    std::vector<GatewayName> gateways; // that its routes take, one for each
};

struct PlannedAddress {
    Address address;
    NextHopSlot slot;
    std::uint32_t outside = 0; // slot of the gateway that serves its public address; 0: it has none, or is not local
};

// One that instances of this host take.
struct PlannedGateway {
    std::uint32_t vni = 0;
    std::uint32_t host_id = 0; // 0: this one
    NextHopSlot slot;
    bool is_in = false;
};

// A public address that this host serves.
struct PlannedElastic {
    std::uint32_t vni = 0;
    std::uint32_t id = 0;
    Address address;
    Address private_address;
    bool is_announced = false;
    Bandwidth bandwidth;
    std::uint32_t payer = 0; // the public address whose caps it shares: its own id, or another's of its package
};

// Sources that share public addresses, a port that is mapped, and an address that is mapped whole.
struct PlannedShare {
    Prefix source;
    std::vector<Address> addresses;
};
struct PlannedForward {
    Address address;
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
    Address to;
    std::uint16_t to_port = 0;
};
struct PlannedWhole {
    Address address;
    Address to;
};

// Ports that another host has of the addresses which it shares with this one.
struct PlannedSlice {
    PortRange ports;
    bool is_first = false; // it has what has no ports, too
    std::uint32_t next_hop = 0;
};

// A NAT gateway of this host.
struct PlannedNat {
    std::uint32_t vni = 0;
    std::uint32_t generation = 0; // follows from everything else
    bool is_announced = false;
    bool is_independent = false;
    Bandwidth bandwidth; // of all its addresses together
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 0;
    bool is_first = true;              // of its hosts
    bool is_quiet = false;             // another one answers ARP
    std::vector<PlannedSlice> slices;  // of the other hosts
    std::vector<GatewayName> gateways; // that these take, one for each
    std::vector<PlannedShare> shares;
    std::vector<PlannedForward> forwards;
    std::vector<PlannedWhole> wholes;
    std::map<Address, std::uint32_t> ids; // of its public addresses
};

// A listener of a load balancer.
struct PlannedBackend {
    std::uint32_t id = 0;
    Address address;
    unsigned weight = 0;
    std::uint32_t next_hop = 0; // of the host that answers the Internet for it; 0: this one
};
struct PlannedListener {
    std::uint32_t id = 0;
    std::optional<HealthCheck> check;
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
    std::uint16_t to_port = 0;
    std::uint16_t scheduler = 0; // enum scheduler
    bool has_weights = false;
    std::vector<PlannedBackend> backends;
};

// A load balancer of a VPC that is present here.
struct PlannedService {
    std::string vpc;
    std::uint32_t vni = 0;
    std::uint32_t generation = 0; // follows from everything else
    bool is_here = false;         // this host plays it: only then it has rows
    bool is_guest = false;        // for its own instances, and another host serves the address
    bool is_public = false;
    bool is_announced = false;
    std::uint32_t public_id = 0; // of a public address
    Address address;
    std::vector<Prefix> clients;
    std::vector<PlannedListener> listeners;
    std::vector<GatewayName> gateways;      // of the host that serves the address, and of those that answer for it
    std::vector<std::string> service_names; // under which it has its numbers
    std::vector<std::string> public_names;
};

// What numbers of listeners and backends are given to; so that they can be found again from their rows.
struct ServiceName {
    Address address;
    std::uint32_t vni = 0; // 0: public
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
};
std::string service_name(const ServiceName&);
std::string backend_name(const std::string& service, const Address&);

// What only an interface of this host has.
struct PlannedLocal {
    std::uint32_t id = 0;
    std::string device;
    unsigned ifindex = 0; // 0: the device is not there
    std::uint32_t generation = 0;
    std::uint16_t flags = 0;
    std::uint32_t ingress_policy = 0;
    std::uint32_t egress_policy = 0;
    std::vector<GatewayName> gateways; // that its addresses take, one for each
    Bandwidth bandwidth;
};

// There may be a million of them: names are borrowed from PlannerState::words.
struct PlannedInterface {
    const std::string* vpc = nullptr;
    const std::string* host = nullptr;
    std::uint32_t vni = 0;
    std::uint32_t subnet_id = 0;
    std::uint32_t host_id = 0; // 0: this one, or none
    std::uint32_t group_set = 0;
    Mac mac;
    boost::container::small_vector<PlannedAddress, 1> addresses; // the first is the primary one
    std::unique_ptr<PlannedLocal> local;

    // 0: it is not on this host.
    std::uint32_t id() const { return local ? local->id : 0; }
    // 0: it got none.
    std::uint32_t primary_slot() const { return addresses.empty() ? 0 : addresses.front().slot.index; }
};

// The rows of each.
// The source of health checks of the host with this tunnel endpoint. Two hosts may have the same: then the answer to
// one of two checks from the same port at the same time may get to the other host.
Address check_address(const Address& host);
void add_rows(const PlannedSelf&, Tables&);
void add_rows(const PlannedHost&, Tables&);
void add_rows(const PlannedVpc&, Tables&);
void add_rows(const PlannedSubnet&, Tables&);
void add_rows(const PlannedTable&, Tables&);
void add_rows(const PlannedInterface&, Tables&);
void add_rows(const PlannedGateway&, Tables&);
void add_rows(const PlannedElastic&, Tables&);
void add_rows(const PlannedNat&, Tables&);
void add_rows(const PlannedService&, Tables&);
// enum public_flags of one that this host serves: how the world learns of it.
std::uint32_t told_by(bool is_announced, bool is_quiet = false, bool is_passed = false);
// A generation for this NAT gateway, which need not have one yet: another one for other rows. Never 0.
std::uint32_t content_hash(PlannedNat);
std::uint32_t content_hash(PlannedService); // the same of a load balancer
// What stays of a next hop and of an interface when their index is free again.
void add_vacancy(const NextHopSlot&, Tables&);
void add_vacancy(std::uint32_t interface, std::uint32_t generation, Tables&);

::endpoint_key endpoint_key_of(std::uint32_t vni, const Address&);
// The address by which NextHopSlots knows a gateway; nobody else has it. kWayBack: whichever gateway a flow names.
::endpoint_key gateway_key_of(std::uint32_t vni, std::uint32_t host_id, bool is_in = false);
inline constexpr std::uint32_t kWayBack = 0xffffffff;
::route_key route_key_of(std::uint32_t vni, std::uint32_t table, const Prefix&);

} // namespace vpcd
