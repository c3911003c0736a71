/* What the stages say about a packet that is traced. Append only, as in drop.h: id, name, sentence.
 *
 * {a:LABEL}, {b:LABEL} and {c:LABEL} in a sentence are the step's numbers, {address} is its address. LABEL names the
 * value for those who read JSON, and says what the number is: an interface, vpc, host, table, subnet, nextHop, ...
 * shown by its name, as agent/app/trace_words.cpp lists them; any other is a plain number. */
#pragma once

#include <vpcd/abi/types.h>

#define VPCD_TRACE_STEPS 32 /* a power of two */

#define VPCD_TRACE(X)                                                                                                \
	X(NONE, "none", "")                                                                                          \
	X(SENDER, "sender", "sent by {a:interface} of VPC {b:vpc}; source check {c:sourceCheck}")                    \
	X(FLOW_HIT, "flow", "known flow, opened {b:age} ago, decided under generation {a:generation}")               \
	X(FLOW_MISS, "flow", "{a:miss}")                                                                             \
	X(SOURCE, "source", "source address {address} accepted: {a:sourceOwner}")                                    \
	X(ROUTE, "route", "route table {a:table}: {b:route}")                                                        \
	X(ENDPOINT, "endpoint", "{address} is {c:nextHop}, subnet {a:subnet}")                                       \
	X(ROUTER, "endpoint", "{address} is the virtual router's own")                                               \
	X(FLOW_WRITE, "flow", "a flow entry would be written under generation {a:generation}")                       \
	X(NEXT_HOP, "next-hop", "leads to {a:nextHop}, {c:hop}")                                                     \
	X(SIZE, "size", "{a:size} bytes, the tunnel carries {b:room}")                                               \
	X(MSS, "mss", "the MSS of the TCP handshake is lowered from {a:mss} to {b:limit}")                           \
	X(UNDERLAY, "underlay", "to host {a:host} at {address} out of {b:device}; {c:neighbour}")                    \
	X(DELIVER, "deliver", "to {a:receiver}, {b:way}")                                                            \
	X(DROP, "drop", "{a:reason}")                                                                                \
	X(ICMP_ERROR, "answer", "the sender is told by {c:ipv4}: ICMP {a:icmp}{b:mtu}")                              \
	X(ICMP_ECHO, "answer", "the virtual router answers the ping")                                                \
	X(ARP_REPLY, "answer", "ARP for {address} is answered with {a:mac}")                                         \
	X(OUTER, "outer", "{b:encapsulation} packet of VPC {a:vpc} from {c:ipv4}")                                   \
	X(PEER, "peer", "the sender is host {a:host}")                                                               \
	X(STATION, "receiver", "the inner destination MAC is that of {a:nextHop}")                                   \
	X(ADDRESS, "receiver", "the inner destination {address} leads to {a:nextHop}")                               \
	X(TO_KERNEL, "to-kernel",                                                                                    \
	  "for {b:interface}, a tap: {a:device} takes the tunnel off, which keeps big packets whole")                \
	X(UNCOVER, "uncover", "the tunnel is taken off")                                                             \
	X(TO_STACK, "to-stack", "not for vpcd: left to the host's own network stack")                                \
	X(POLICY, "policy", "{c:policyStage}: {a:rule}")                                                             \
	X(FLOW_RULE, "policy", "the connection was opened under {c:policyStage}: {a:rule}")                          \
	X(REPLY, "track", "an answer: the rules are asked about the packet that opened the connection")              \
	X(RELATED, "track", "an ICMP error about a packet of a known connection")                                    \
	X(MIDSTREAM, "track", "in the middle of an unknown TCP connection, which VPC {a:vpc} accepts")               \
	X(FRAGMENT, "track", "a later fragment; its first one had the ports {a:port} and {b:port}")                  \
	X(LEAVE, "outside", "it leaves the VPC by {c:nextHop}")                                                      \
	X(TRANSLATE_SOURCE, "translate", "its source becomes {address}")                                             \
	X(TRANSLATE_DESTINATION, "translate", "its destination becomes {address} of VPC {a:vpc}")                    \
	X(EXTERNAL, "external", "out of {a:device} to the Internet")                                                 \
	X(TRANSLATION, "translate", "{a:translation}")                                                               \
	X(SHARE_SOURCE, "translate", "its source becomes {address}, port {a:port}")                                  \
	X(FORWARD_DESTINATION, "translate", "its destination becomes {address}, port {b:port}, of VPC {a:vpc}")      \
	X(BALANCE, "balance", "{a:balance}")                                                                         \
	X(BALANCE_SOURCE, "balance", "its source becomes the load balancer's, {address}, port {a:port}")             \
	X(RETURN, "route", "goes back to the gateway that let the connection in, on host {a:host}")                  \
	X(PASS, "outside", "it is for host {a:host} to translate, and passed on as it came")                         \
	X(PASSED, "outside", "it came from the Internet there, and is for this host to translate")

enum trace_id {
#define X(id, name, sentence) TRACE_##id,
	VPCD_TRACE(X)
#undef X
		TRACE_COUNT
};

/* Why a packet is decided anew. id, sentence. */
#define VPCD_TRACE_MISSES(X)                                                                                         \
	X(UNKNOWN, "no flow known: decided anew")                                                                    \
	X(STALE, "the known flow is not decided, or under settings that have changed: decided anew")                 \
	X(UNTRACKED, "makes no flow: decided by itself")                                                             \
	X(FRESH, "the flow table is left out: decided anew")

enum trace_miss {
#define X(id, sentence) TRACE_MISS_##id,
	VPCD_TRACE_MISSES(X)
#undef X
		TRACE_MISS_COUNT
};

/* What is known of a packet's connection through a NAT gateway. id, sentence. */
#define VPCD_TRACE_TRANSLATIONS(X)                                                                                   \
	X(KNOWN, "belongs to a known connection through the NAT gateway")                                            \
	X(SHARED, "would open a connection through the NAT gateway, from a port that is drawn then")                 \
	X(FORWARDED, "would open a connection through the NAT gateway, by a mapped port")

enum trace_translation {
#define X(id, sentence) TRACE_TRANSLATION_##id,
	VPCD_TRACE_TRANSLATIONS(X)
#undef X
		TRACE_TRANSLATION_COUNT
};

/* What a load balancer does with a packet for it. id, sentence. */
#define VPCD_TRACE_BALANCES(X)                                                                                       \
	X(KNOWN, "belongs to a known connection of the load balancer")                                               \
	X(NEW, "would open a connection of the load balancer; a backend is drawn then, this is one of them")

enum trace_balance {
#define X(id, sentence) TRACE_BALANCE_##id,
	VPCD_TRACE_BALANCES(X)
#undef X
		TRACE_BALANCE_COUNT
};

struct trace_step {
	__u32 step;             /* enum trace_id */
	__u32 value[3];         /* a, b, c */
	struct address address; /* 0: this step has none */
};
VPCD_ABI_SIZE(struct trace_step, 32);

/* The one element of `traces`. Written by one run at a time: the agent sees to that. */
struct trace_record {
	__u32 count; /* steps taken; those beyond VPCD_TRACE_STEPS are not kept */
	__u32 pad[3];
	struct trace_step steps[VPCD_TRACE_STEPS];
};
VPCD_ABI_SIZE(struct trace_record, 16 + 32 * VPCD_TRACE_STEPS);

/* skb->mark of a packet to be traced is `trace_mark`, which the agent draws for each load: even, never 0. One more:
 * without looking at the flow table. */
#define TRACE_MARK_FRESH 1u
