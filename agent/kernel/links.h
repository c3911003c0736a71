// The network devices of this host.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/netlink.h"
#include "plan/facts.h"

namespace vpcd {

using Links = std::map<std::string, Link, std::less<>>; // by name
using LinkIndex = std::map<unsigned, Link>;             // by ifindex

// What of a device has a say in which route the kernel takes.
struct LinkReach {
    unsigned mtu = 0;
    bool is_up = false;
    bool is_running = false; // has a carrier
    unsigned master = 0;     // a VRF brings its own table

    friend bool operator==(const LinkReach&, const LinkReach&) = default;
};

// Whether a device takes redirected XDP frames is not asked here: accepts_xdp_redirect stays false.
struct ObservedLink {
    Link link;
    LinkReach reach;
};

Result<Links> observe_links(Netlink&);
LinkIndex index_links(const Links&);

Result<std::vector<ObservedLink>> observe_all_links(Netlink&);
// Absent: there is no such device.
Result<std::map<unsigned, ObservedLink>> observe_links(Netlink&, const std::set<unsigned>& ifindexes);

// Of one RTM_NEWLINK; nothing for messages about bridge ports and for other types.
std::optional<Link> parse_link(const nlmsghdr*);
std::optional<ObservedLink> parse_observed_link(const nlmsghdr*);
// Of one RTM_NEWLINK or RTM_DELLINK: the device, and the other end of a pair if it is here too.
std::set<unsigned> parse_links_concerned(const nlmsghdr*);

} // namespace vpcd
