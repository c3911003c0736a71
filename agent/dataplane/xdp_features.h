// What a device's driver can do with XDP.
#pragma once

namespace vpcd {

// Frames redirected to it arrive: for a veth that means its other end polls (GRO on, or an XDP program there).
bool accepts_xdp_redirect(unsigned ifindex);

} // namespace vpcd
