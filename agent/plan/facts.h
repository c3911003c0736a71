// What the plan must know of this host's kernel: plain values, observed by kernel/, compared by value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/address.h"

namespace vpcd {

// The kernel's vxlan device in metadata mode, when there is one.
inline constexpr const char* kTunnelDevice = "vpcd-vxlan";

// This host's end of the pair by which health checks enter VPCs, when there is one.
inline constexpr const char* kCheckDevice = "vpcd-checks";

// Devices that come in pairs: what one end sends, the other receives.
inline bool is_pair(std::string_view kind)
{
    return kind == "veth" || kind == "netkit";
}

// A network device of this host.
struct Link {
    unsigned ifindex = 0;
    std::string name;
    std::string kind; // IFLA_INFO_KIND: "veth", "tun" (a tap), "vxlan"; empty: a physical or virtio NIC
    Mac mac;
    unsigned mtu = 0; // bytes of an IP packet
    bool is_up = false;
    bool is_loopback = false;
    bool is_peer_here = false; // a pair with both ends in this network namespace
    bool accepts_xdp_redirect = false;
    bool is_ours = false; // made by an agent, and complete

    friend bool operator==(const Link&, const Link&) = default;
};

// How a packet from this host reaches another host's tunnel endpoint.
struct UnderlayPath {
    unsigned ifindex = 0;
    Address source;                     // the address the kernel would send from
    std::optional<Address> gateway;     // empty: on link
    unsigned mtu = 0;                   // of the route, or of its device
    Mac source_mac;                     // of the device
    std::optional<Mac> destination_mac; // empty: not resolved yet

    friend bool operator==(const UnderlayPath&, const UnderlayPath&) = default;
};

struct Facts {
    std::map<std::string, Link, std::less<>> links; // by name
    std::map<Address, UnderlayPath> paths;          // by tunnel endpoint; absent: no route
    // The device that has a given local address, to find the underlay device of this host.
    std::map<Address, std::string> local_addresses;

    friend bool operator==(const Facts&, const Facts&) = default;
};

// Which facts differ from those of an earlier moment.
struct FactChanges {
    std::set<std::string> links{}; // by name
    std::set<Address> paths{};     // by tunnel endpoint
    bool local_addresses = false;

    bool any() const { return !links.empty() || !paths.empty() || local_addresses; }

    friend bool operator==(const FactChanges&, const FactChanges&) = default;
};

} // namespace vpcd
