// The network devices of this host.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kernel/netlink.h"
#include "plan/facts.h"

namespace vpcd {

using Links = std::map<std::string, Link, std::less<>>; // by name
using LinkIndex = std::map<unsigned, Link>;             // by ifindex

// Whether a device takes redirected XDP frames is not asked here: accepts_xdp_redirect stays false.
Result<Links> observe_links(Netlink&);
LinkIndex index_links(const Links&);

// Of one RTM_NEWLINK; nothing for messages about bridge ports and for other types.
std::optional<Link> parse_link(const nlmsghdr*);

} // namespace vpcd
