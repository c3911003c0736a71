// The addresses of this host, both families.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kernel/links.h"

namespace vpcd {

using LocalAddresses = std::map<Address, std::string>; // -> name of the device

// An address on several devices (link-local ones may be) is told of the device with the lowest ifindex.
Result<LocalAddresses> observe_local_addresses(Netlink&, const LinkIndex&);

struct LocalAddress {
    unsigned ifindex = 0;
    Address address;

    friend auto operator<=>(const LocalAddress&, const LocalAddress&) = default;
};

// Of one RTM_NEWADDR. The local end where the address is one of a point-to-point pair.
std::optional<LocalAddress> parse_local_address(const nlmsghdr*);

} // namespace vpcd
