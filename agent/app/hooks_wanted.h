// Which programs belong on which devices. Pure.
#pragma once

#include <set>

#include "config/agent_config.h"
#include "dataplane/hooks.h"
#include "plan/planner.h"

namespace vpcd {

struct HookNeeds {
    bool xdp = false;                 // decapsulate in XDP
    unsigned tunnel_ifindex = 0;      // the kernel's vxlan device, 0: none
    unsigned check_ifindex = 0;       // the device of health checks, 0: none
    std::set<unsigned> xdp_instances; // instances' devices whose established flows leave in XDP
};

std::set<Hook> hooks_wanted(const Attachments&, const HookNeeds&);

// XDP from end to end: only towards an underlay device that takes XDP frames, and from pairs, whose driver has XDP.
std::set<unsigned> xdp_instances(Decapsulation, const Attachments&, const Facts&);
// XDP by default only where packets come from a wire: on a veth it costs bulk TCP most of its throughput.
bool wants_xdp(Decapsulation, const Attachments&);
// By an error of attaching: the driver has no XDP, or none on such a device. Others (another program is there, no
// memory) may pass.
bool lacks_xdp(const Error&);
// The kernel's vxlan device pays where its socket makes GRO merge tunnel packets (a NIC) and for taps, which get
// their big packets whole from it.
bool wants_tunnel_device(const Attachments&, bool xdp, Encapsulation);

} // namespace vpcd
