// Gratuitous ARP (RFC 5227, 3): tells an external segment which device has an address now, so that nobody goes on
// sending to the one that had it before.
#pragma once

#include "base/address.h"
#include "base/error.h"

namespace vpcd {

// One request, broadcast out of the device, whose MAC is `mac`. IPv4 only.
Result<void> announce(unsigned ifindex, const Mac& mac, const Address& address);

} // namespace vpcd
