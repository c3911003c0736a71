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
    Address peer{}; // the other end of a point-to-point pair, else `address`
    unsigned prefix_length = 0;

    friend auto operator<=>(const LocalAddress&, const LocalAddress&) = default;
};

// -> IFA_F_*: an address that is still tentative, or deprecated, is not sent from.
using AddressTable = std::map<LocalAddress, unsigned>;
Result<AddressTable> observe_addresses(Netlink&);

// Of one RTM_NEWADDR or RTM_DELADDR. The local end where the address is one of a point-to-point pair.
std::optional<AddressTable::value_type> parse_local_address(const nlmsghdr*);

} // namespace vpcd
