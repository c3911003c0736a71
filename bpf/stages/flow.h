/* The flow table: the decision of the first packet, for every later one.
 *
 * An entry is only ever replaced whole. What is written through a pointer - counters, time, TCP state - may land in
 * an entry that the LRU has given to another flow meanwhile, and must not matter there. */
#pragma once

#include "lib/drop.h"
#include "stages/parse.h"

#define EEXIST 17 /* <errno.h> is libc's */

static __always_inline __u32 generation_of(__u32 interface_id)
{
	const struct interface *interface;

	if (!interface_id)
		return 0;
	interface = bpf_map_lookup_elem(&interfaces, &interface_id);
	return interface ? interface->generation : 0;
}

/* Was it decided under the settings of now, and does its next hop still lead to whom it led? */
static __always_inline bool is_current(const struct flow *flow, const struct next_hop *next_hop)
{
	return flow->flags & FLOW_DECIDED && next_hop->serial == flow->next_hop_serial &&
	       generation_of(flow->source_interface) == flow->source_generation &&
	       generation_of(flow->destination_interface) == flow->destination_generation;
}

static __always_inline void trace_miss(const struct packet *p)
{
	trace(p, TRACE_FLOW_MISS,
	      p->flags & PACKET_FRESH       ? TRACE_MISS_FRESH
	      : p->flags & PACKET_UNTRACKED ? TRACE_MISS_UNTRACKED
	      : p->flags & PACKET_KNOWN     ? TRACE_MISS_STALE
					    : TRACE_MISS_UNKNOWN,
	      0, 0, NULL);
}

static __always_inline __u8 next_tcp_state(__u8 state, __u8 tcp_flags)
{
	if (tcp_flags & TCP_RST)
		return TCP_STATE_CLOSED;
	if (tcp_flags & TCP_FIN)
		return TCP_STATE_CLOSING;
	if (tcp_flags & TCP_SYN)
		return TCP_STATE_SYN;
	return state == TCP_STATE_CLOSING || state == TCP_STATE_CLOSED ? state : TCP_STATE_ESTABLISHED;
}

static __always_inline void touch(const struct packet *p, struct flow *flow)
{
	const __u32 now = bpf_jiffies64();

	flow->packets += 1;
	flow->bytes += inner_bytes(p);
	if (flow->last_seen != now)
		flow->last_seen = now;
	if (p->flow.protocol == IPPROTO_TCP) {
		const __u8 state = next_tcp_state(flow->tcp_state, p->tcp_flags);

		if (state != flow->tcp_state)
			flow->tcp_state = state;
	}
}

/* Instead of touch(): the decision of an earlier packet holds for this one. */
static __always_inline void trace_hit(const struct flow *flow)
{
	add_step(TRACE_FLOW_HIT, flow->source_interface ? flow->source_generation : flow->destination_generation,
		 flow->created, 0, NULL);
}

/* Spreads flows over the underlay's paths and queues (RFC 7348, 5: ports 49152-65535). */
static __always_inline __be16 tunnel_port(const struct packet *p)
{
	const struct address *source = &p->flow.source, *destination = &p->flow.destination;
	__u32 hash = ipv4_of(source) ^ (ipv4_of(destination) * 0x9e3779b1u);

	for (int i = 0; i < 3; i++)
		hash ^= *address_word(source, i) ^ *address_word(destination, i);
	hash ^= ((__u32)p->flow.source_port << 16 | p->flow.destination_port) * 0x85ebca6bu;
	hash ^= p->flow.protocol ^ p->flow.vpc;
	hash ^= hash >> 16;
	hash *= 0xc2b2ae35u;
	hash ^= hash >> 13;
	return bpf_htons(0xc000 | (hash & 0x3fff));
}

/* The other direction, not decided yet: whoever answers is routed by its own subnet's table. */
static __noinline long record_reverse(const struct packet *p, __u32 now)
{
	struct flow_key key = {
		.source = p->flow.destination,
		.destination = p->flow.source,
		.vpc = p->flow.vpc,
		.entry = p->peer_entry,
		.source_port = p->flow.destination_port,
		.destination_port = p->flow.source_port,
		.protocol = p->flow.protocol,
	};
	struct flow flow = {
		.flags = FLOW_REVERSE,
		.peer_entry = p->flow.entry,
		.created = now,
		.last_seen = now,
	};

	return bpf_map_update_elem(&flows, &key, &flow, BPF_NOEXIST);
}

/* Writes what was decided for this packet: p->next_hop, p->flags, p->host. Keeps counters and the direction of an entry
 * that is decided again. */
static __noinline long record_forward(const struct packet *p, __u32 source_interface, __u32 destination_interface,
				      __u32 now)
{
	const struct flow *old = bpf_map_lookup_elem(&flows, &p->flow);
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	struct flow flow = {.created = now};

	if (!next_hop)
		return -1;
	if (old)
		flow = *old;
	flow.flags = (flow.flags & FLOW_REVERSE) | FLOW_DECIDED;
	if (p->flags & PACKET_ROUTED)
		flow.flags |= FLOW_ROUTED;
	flow.next_hop = p->next_hop;
	flow.next_hop_serial = next_hop->serial;
	flow.source_interface = source_interface;
	flow.source_generation = generation_of(source_interface);
	flow.destination_interface = destination_interface;
	flow.destination_generation = generation_of(destination_interface);
	flow.host = p->host;
	flow.peer_entry = p->peer_entry;
	flow.tunnel_port = p->tunnel_port;
	touch(p, &flow);
	return bpf_map_update_elem(&flows, &p->flow, &flow, BPF_ANY);
}

/* Both directions of a new flow, the answer's first; a known one is replaced. A table that refuses costs speed, not
 * the packet. */
static __always_inline void record_flow(const struct packet *p, __u32 source_interface, __u32 destination_interface)
{
	const __u32 now = bpf_jiffies64();
	long failed = 0;

	if (p->flags & PACKET_UNTRACKED)
		return;
	if (unlikely(is_traced(p))) {
		add_step(TRACE_FLOW_WRITE, generation_of(source_interface ? source_interface : destination_interface),
			 0, 0, NULL);
		return;
	}
	if (!(p->flags & PACKET_KNOWN) && p->peer_entry)
		failed = record_reverse(p, now);
	if (failed == -EEXIST) /* it has answered before, or opened the flow itself */
		failed = 0;
	failed |= record_forward(p, source_interface, destination_interface, now);
	if (failed)
		count(p, COUNTER_FLOW_UNRECORDED);
	else if (!(p->flags & PACKET_KNOWN))
		count(p, COUNTER_FLOW_CREATED);
}
