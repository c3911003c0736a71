/* What the whole datapath counts, besides drops, per CPU. id, name, sentence. Append only. */
#pragma once

#include <vpcd/abi/types.h>

#define VPCD_COUNTERS(X)                                                                                             \
	X(FLOW_MISS, "flow-miss", "packets that were decided because no valid flow was known")                       \
	X(FLOW_CREATED, "flow-created", "flow pairs written")                                                        \
	X(ENCAPSULATED, "encapsulated", "packets sent to another host")                                              \
	X(DECAPSULATED, "decapsulated", "packets taken out of a tunnel")                                             \
	X(DELIVERED_LOCAL, "delivered-local", "packets between two instances of this host")                          \
	X(ARP_REPLY, "arp-reply", "ARP requests answered")                                                           \
	X(ICMP_ERROR, "icmp-error", "ICMP errors sent by the virtual router")                                        \
	X(ROUTER_ECHO, "router-echo", "pings answered by the virtual router")                                        \
	X(MSS_CLAMPED, "mss-clamped", "TCP handshakes whose MSS was lowered to fit the tunnel")                      \
	X(FLOW_UNRECORDED, "flow-unrecorded", "packets forwarded without a flow entry, the table refused it")        \
	X(TO_STACK, "to-stack", "tunnel packets left to the kernel's vxlan device")                                  \
	X(DROP_UNLISTED, "drop-unlisted", "packets dropped while the table of drops was full, so without a reason")  \
	X(FLOW_ESTABLISHED, "flow-established", "flow pairs that became established")                                \
	X(FLOW_UNESTABLISHED, "flow-unestablished",                                                                  \
	  "packets of pairs that had to stay pending, the table or the VPC's share of it was full")                  \
	X(FLOW_EXPIRED, "flow-expired", "flow entries that ended because they were idle")                            \
	X(RULE_UNLISTED, "rule-unlisted", "packets decided by a rule while the table of rule hits was full")         \
	X(EVENT_LIMITED, "event-limited", "denied packets not told as events, there were too many")                  \
	X(TRANSLATED_OUT, "translated-out", "packets sent to the Internet from a public address")                    \
	X(TRANSLATED_IN, "translated-in", "packets of the Internet taken into a VPC")                                \
	X(TRANSLATION_CREATED, "translation-created", "connections that began through a NAT gateway")                \
	X(TRANSLATION_EXPIRED, "translation-expired", "of these, ended because they were idle")                      \
	X(BALANCED, "balanced", "connections that a load balancer gave to a backend")                                \
	X(PASSED_ON, "passed-on", "packets of the Internet sent on, as they came, to the host that translates them")

enum counter {
#define X(id, name, sentence) COUNTER_##id,
	VPCD_COUNTERS(X)
#undef X
		COUNTER_COUNT
};
