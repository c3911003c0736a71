/* Why a packet was dropped. Append only: numbers are seen by dashboards. id, name, sentence. */
#pragma once

#include <vpcd/abi/flow.h>

#define VPCD_DROP_REASONS(X)                                                                                         \
	X(NONE, "none", "not dropped")                                                                               \
	X(MALFORMED, "malformed", "headers are cut short or contradict each other")                                  \
	X(NOT_IP, "not-ip", "neither IPv4 nor ARP")                                                                  \
	X(IPV6, "ipv6", "IPv6 is not forwarded yet")                                                                 \
	X(MULTICAST, "multicast", "broadcast or multicast destination")                                              \
	X(SOURCE_MAC, "source-mac", "source MAC is not the interface's (sourceCheck), or is vpcd's own")             \
	X(SOURCE_ADDRESS, "source-address", "source address is not the interface's (sourceCheck)")                   \
	X(ARP_INVALID, "arp-invalid", "ARP that is no request, or whose sender is not the interface")                \
	X(ARP_UNKNOWN, "arp-unknown", "ARP for an address nobody in the VPC has")                                    \
	X(NO_ROUTE, "no-route", "the route table has no entry for the destination")                                  \
	X(BLACKHOLE, "blackhole", "the route is a blackhole")                                                        \
	X(NO_ENDPOINT, "no-endpoint", "no interface has the destination address")                                    \
	X(NO_SERVICE, "no-service", "100.64.0.0/10 is kept for services and none has this address")                  \
	X(NOT_PLACED, "not-placed", "the destination interface is on no host, or its device is not there")           \
	X(TTL_EXCEEDED, "ttl-exceeded", "time to live ran out at the virtual router")                                \
	X(TOO_BIG, "too-big", "larger than the tunnel carries; the sender was told the MTU")                         \
	X(NO_UNDERLAY, "no-underlay", "no underlay route to the destination's host")                                 \
	X(UNKNOWN_VTEP, "unknown-vtep", "tunnel packet from an address that is no known host")                       \
	X(UNKNOWN_VNI, "unknown-vni", "tunnel packet for a VPC without interface here")                              \
	X(NOT_LOCAL, "not-local", "tunnel packet for an instance that is not on this host")                          \
	X(TUNNEL_MALFORMED, "tunnel-malformed", "tunnel header is cut short or uses what we do not speak")           \
	X(UNKNOWN_DEVICE, "unknown-device", "the device belongs to no interface")                                    \
	X(HOST_STACK, "host-stack", "the host's own stack tried to send to an instance")                             \
	X(KERNEL, "kernel", "a kernel helper refused the packet")                                                    \
	X(TO_ROUTER, "to-router",                                                                                    \
	  "addressed to the virtual router or a load balancer that does not listen there; they answer only ping")    \
	X(CONGESTION, "congestion", "marked by the underlay, and the sender does not speak ECN (RFC 6040)")          \
	X(GROUP_OUT, "group-out", "the sender's security groups do not let it out")                                  \
	X(GROUP_IN, "group-in", "the receiver's security groups do not let it in")                                   \
	X(ACL_OUT, "acl-out", "the network ACL of the sender's subnet does not let it out")                          \
	X(ACL_IN, "acl-in", "the network ACL of the receiver's subnet does not let it in")                           \
	X(TCP_UNKNOWN, "tcp-unknown", "in the middle of a TCP connection that is not known")                         \
	X(TCP_FLAGS, "tcp-flags", "TCP flags that contradict each other")                                            \
	X(ICMP_UNRELATED, "icmp-unrelated", "an ICMP error about a packet of no known connection")                   \
	X(ICMP_UNASKED, "icmp-unasked", "an ICMP answer to a question that is not known")                            \
	X(FRAGMENT_EARLY, "fragment-early", "a fragment before its first one, or of a packet that was dropped")      \
	X(FLOW_LIMIT, "flow-limit", "the VPC has as many connections on this host as it may")                        \
	X(NO_PUBLIC, "no-public", "it leaves the VPC, and its sender has no public address here")                    \
	X(NO_GATEWAY, "no-gateway", "the host has no external device, or it is not there")                           \
	X(NO_TRANSLATION, "no-translation", "part of no connection through the NAT gateway, and it opens none")      \
	X(NO_PORT, "no-port", "no public port of the NAT gateway is free for its connection")                        \
	X(TRANSLATION_LIMIT, "translation-limit",                                                                    \
	  "the instance or its VPC has as many connections through the NAT "                                         \
	  "gateway as it may")                                                                                       \
	X(TRANSLATIONS_FULL, "translations-full", "the table of connections through NAT gateways is full")           \
	X(NO_BACKEND, "no-backend", "the load balancer has no backend that takes connections")                       \
	X(NO_CLIENT, "no-client", "the load balancer's allow-list does not name the client")                         \
	X(CHECK_SOURCE, "check-source",                                                                              \
	  "from the Internet, with the address that this host's health checks come from")                            \
	X(OVER_LIMIT, "over-limit", "more than the bandwidth of the interface or public address")

enum drop_reason {
#define X(id, name, sentence) DROP_##id,
	VPCD_DROP_REASONS(X)
#undef X
		DROP_REASON_COUNT
};

struct drop_key {
	__u32 vpc;       /* VNI, 0: not known (then `interface` is 0 too) */
	__u32 interface; /* local interface concerned, 0: none */
	__u32 reason;    /* enum drop_reason */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct drop_key, 12);

struct drop_count {
	__u64 packets;
	__u64 bytes;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct drop_count, 16);

/* Which program saw it: id, name. */
#define VPCD_HOOKS(X)                                                                                                \
	X(FROM_INTERFACE, "from-interface")                                                                          \
	X(TO_INTERFACE, "to-interface")                                                                              \
	X(TC_UNDERLAY, "tc-underlay")                                                                                \
	X(XDP_UNDERLAY, "xdp-underlay")                                                                              \
	X(FROM_TUNNEL, "from-tunnel")                                                                                \
	X(XDP_INTERFACE, "xdp-interface")                                                                            \
	X(FROM_EXTERNAL, "from-external")                                                                            \
	X(FROM_CHECKS, "from-checks")

enum hook {
#define X(id, name) HOOK_##id,
	VPCD_HOOKS(X)
#undef X
};

/* How many denials were told as events, per CPU: the one element of `denials`. */
struct denial_budget {
	__u64 second; /* of CLOCK_MONOTONIC */
	__u32 told;   /* within it */
	__u32 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct denial_budget, 16);

/* One record of the ring `events`. */
struct drop_event {
	struct flow_key flow;        /* as far as it was parsed */
	struct address outer_source; /* tunnel packets: who sent it; else 0 */
	__u32 interface;
	__u32 reason; /* enum drop_reason */
	__u32 hook;   /* enum hook */
	__u32 length; /* bytes of the packet as it arrived at the hook */
	__u64 rule;   /* the one that decided so, see struct rule; 0: none did */
};
VPCD_ABI_SIZE(struct drop_event, 88);
