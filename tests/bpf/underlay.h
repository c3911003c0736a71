// A small world in the programs' maps, valid by default: this host (192.0.2.1, VXLAN), VPC 100 with the subnets
// 10.0.1.0/24 and 10.0.2.0/24 on one route table. Tests add who lives there and change only what they are about.
#pragma once

#include <string>
#include <string_view>

#include <vpcd/abi/encapsulation.h>

#include "outcome.h"

namespace vpcd::test {

class Underlay;

constexpr std::uint32_t kVpc = 100, kOtherVpc = 200;
constexpr std::uint32_t kMainTable = 1;
constexpr const char* kThisHost = "192.0.2.1";
constexpr std::uint32_t kPathMtu = 1500;
constexpr MacBytes kRouterMac = VPCD_ROUTER_MAC;
constexpr MacBytes kGatewayMac = VPCD_GATEWAY_MAC;
constexpr MacBytes kReturnMac = VPCD_RETURN_MAC;
constexpr MacBytes kPassMac = VPCD_PASS_MAC;
constexpr MacBytes kExternalMac{0x02, 0xbb, 0, 0, 0, 1}, kFarExternalMac{0x02, 0xbb, 0, 0, 0, 2};
constexpr MacBytes kUnderlayMac{0x02, 0xaa, 0, 0, 0, 1}, kFarUnderlayMac{0x02, 0xaa, 0, 0, 0, 2};

// Which program sees a packet of the underlay.
enum class Via { kTc, kXdp };

::address to_address(std::uint32_t ipv4_host_order);
std::uint32_t ipv4_of(const ::address& address); // host byte order
::mac to_mac(const MacBytes& bytes);

// A local instance. Copies are handles to the same one.
struct Instance {
    Underlay* world;
    std::uint32_t vni, id, next_hop, ifindex;
    std::string address;
    MacBytes mac;

    // Source MAC and address are its own, the destination MAC is the router's, where the packet does not say.
    Outcome sends(Packet packet, RunOptions options = {}) const;
    // The same through XDP on its device.
    Outcome sends_in_xdp(const Packet& packet) const;
    Bytes complete(Packet packet) const;
    // What the host's own stack, or one of our programs if `mark` says so, sends to it.
    Outcome guards(const Packet& packet, std::uint32_t mark) const;
    ::interface settings() const;
    const Instance& change(const std::function<void(::interface&)>& edit) const;
    const Instance& unchecked() const; // it may send for others
    const Instance& bump() const;      // another generation
};

// An instance on another host.
struct Remote {
    std::uint32_t next_hop, host;
    std::string address;
    MacBytes mac;
};

class Underlay {
public:
    Underlay();

    Instance interface(std::string_view address, std::uint32_t vni = kVpc);
    Remote far(std::string_view address, std::uint32_t host, std::uint32_t vni = kVpc);
    // Another address of the same instance.
    std::uint32_t secondary(const Instance& owner, std::string_view address);
    std::uint32_t host(std::string_view vtep, encapsulation receives = ENCAPSULATION_VXLAN);
    void vpc(std::uint32_t vni);
    void subnet(std::uint32_t id, std::uint32_t table = kMainTable, std::uint32_t vni = kVpc);
    void route(std::string_view prefix, route_kind kind, std::uint32_t next_hop = 0, std::uint32_t table = kMainTable,
               std::uint32_t vni = kVpc);

    // This host has an external device; what comes there is seen by receives_from_outside().
    void leads_outside();
    // The way out of a VPC by a host, 0: this one; and who takes it.
    std::uint32_t gateway(std::uint32_t host, std::uint32_t vni = kVpc);
    // The way to a host that has the port of a public address.
    std::uint32_t passes_to(std::uint32_t host, std::uint32_t vni = kVpc);
    // Answers to what a gateway has let in find it, whichever it was.
    void goes_back();
    void goes_out_by(std::string_view address, std::uint32_t gateway, std::uint32_t vni = kVpc);
    // A public address that stands for a private one.
    void serves(std::string_view address, std::string_view private_address, std::uint32_t vni = kVpc);

    void change_settings(const std::function<void(::settings&)>& edit);
    void change_public(std::string_view address, const std::function<void(::public_address&)>& edit);
    void change_host(std::uint32_t id, const std::function<void(::host&)>& edit);
    void change_next_hop(std::uint32_t id, const std::function<void(::next_hop&)>& edit);
    void forget_endpoint(std::string_view address, std::uint32_t vni = kVpc);

    Outcome receives(const Packet& packet, Via via);
    Outcome receives_from_outside(const Packet& packet);
    Outcome receives_from_checker(const Packet& packet);
    Outcome receives_from_tunnel(const Packet& inner, std::uint32_t vni, std::string_view outer_source);

    // Of both tables.
    std::vector<flow_key> flow_keys() const;
    ::flow flow(const flow_key& key) const;
    bool is_established(const flow_key& key) const;

    Datapath& datapath;

private:
    std::uint32_t add_next_hop(std::uint32_t vni, std::uint32_t host, std::uint32_t interface, const MacBytes& mac);
    void add_endpoint(std::string_view address, std::uint32_t vni, std::uint32_t next_hop, std::uint32_t flags = 0);

    std::uint32_t next_hops_ = 0, interfaces_ = 0, hosts_ = 0, publics_ = 0;
};

} // namespace vpcd::test
