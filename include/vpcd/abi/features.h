/* What the datapath can do without where nothing asks for it: id, name, sentence. The agent works out which ones this
 * host needs; programs compiled for it leave the others out. */
#pragma once

#define VPCD_FEATURES(X)                                                                                             \
	X(VXLAN, "vxlan", "tunnels in VXLAN")                                                                        \
	X(GENEVE, "geneve", "tunnels in Geneve")                                                                     \
	X(GRE, "gre", "tunnels in GRE")                                                                              \
	X(PAIR, "pair", "instances behind a veth or netkit")                                                         \
	X(TAP, "tap", "instances behind a tap")                                                                      \
	X(TUNNEL_DEVICE, "tunnel-device", "the kernel's vxlan device, which keeps big packets for taps whole")       \
	X(SOURCE_CHECK, "source-check", "senders held to their own MAC and addresses")                               \
	X(XDP, "xdp", "tunnels taken off in XDP, the rest of the way in TC")                                         \
	X(XDP_REDIRECT, "xdp-redirect", "frames from XDP straight to devices")                                       \
	X(EVENTS, "events", "drops told as events")                                                                  \
	X(ACL, "acl", "network ACLs")                                                                                \
	X(OUTSIDE, "outside", "public addresses")                                                                    \
	X(NAT, "nat", "public addresses that are shared: NAT gateways of this host")                                 \
	X(SERVICE, "service", "load balancers")                                                                      \
	X(LIMIT, "limit", "bandwidth caps")

enum feature {
#define X(id, name, sentence) FEATURE_##id,
	VPCD_FEATURES(X)
#undef X
		FEATURE_COUNT
};
