/* What a flow entry says, and keeping it alive.
 *
 * An entry is only ever replaced whole. What is written through a pointer - counters, TCP state - may land in an entry
 * that the LRU has given to another flow meanwhile, and must not matter there. */
#pragma once

#include "lib/drop.h"
#include "stages/parse.h"

static __always_inline __u32 generation_of(__u32 interface_id)
{
	const struct interface *interface;

	if (!interface_id)
		return 0;
	interface = bpf_map_lookup_elem(&interfaces, &interface_id);
	return interface ? interface->generation : 0;
}

/* Have the rules of now let the connection pass? */
static __always_inline bool is_approved(const struct flow *flow)
{
	return generation_of(flow->source_interface) == flow->source_generation &&
	       generation_of(flow->destination_interface) == flow->destination_generation;
}

/* Was it decided under the settings of now, and does its next hop still lead to whom it led? A receiver that has come to
 * this host since has rules that nobody has asked here. */
static __always_inline bool is_current(const struct flow *flow, const struct next_hop *next_hop)
{
	return flow->flags & FLOW_DECIDED && next_hop->serial == flow->next_hop_serial &&
	       (next_hop->host || next_hop->interface == flow->destination_interface) && is_approved(flow);
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

/* A SYN counts at the start only, and so does what comes without one: whoever answers a SYN with something else has not
 * agreed to the connection. A RST may have been ignored, what follows it tells. */
static __always_inline __u8 next_tcp_state(__u8 state, __u8 tcp_flags)
{
	if (state == TCP_STATE_NONE)
		return tcp_flags & TCP_SYN ? TCP_STATE_SYN : TCP_STATE_NONE;
	if (tcp_flags & TCP_SYN)
		return state;
	if (tcp_flags & TCP_RST)
		return TCP_STATE_CLOSED;
	if (tcp_flags & TCP_FIN)
		return TCP_STATE_CLOSING;
	return state == TCP_STATE_CLOSING ? state : TCP_STATE_ESTABLISHED;
}

/* Low bits, and never what means that an entry is gone. */
static __always_inline __u32 jiffies_now(void)
{
	const __u32 now = bpf_jiffies64();

	return now == FLOW_GONE ? FLOW_GONE + 1 : now;
}

/* False: what was last seen then has expired, as decided by bpf/expire.bpf.c; the same word cannot say both. */
static __always_inline bool is_seen_now(__u32 *last_seen)
{
	const __u32 now = jiffies_now(), seen = *last_seen;

	if (likely(seen == now))
		return true;
	return seen != FLOW_GONE && __sync_val_compare_and_swap(last_seen, seen, now) != FLOW_GONE;
}

static __always_inline bool stay_alive(struct flow *flow)
{
	return is_seen_now(&flow->last_seen);
}

/* The decision of an earlier packet holds for this one. */
static __always_inline void touch(const struct packet *p, struct flow *flow)
{
	flow->packets += 1;
	flow->bytes += inner_bytes(p);
	if (p->flow.protocol == IPPROTO_TCP) {
		const __u8 state = next_tcp_state(flow->tcp_state, p->tcp_flags);

		if (state != flow->tcp_state)
			flow->tcp_state = state;
	}
}

static __always_inline void trace_rule(enum policy_stage stage, __u64 rule)
{
	if (rule)
		add_step(TRACE_FLOW_RULE, rule, rule >> 32, stage, NULL);
}

/* Instead of touch(). */
static __always_inline void trace_hit(const struct flow *flow)
{
	add_step(TRACE_FLOW_HIT, flow->source_interface ? flow->source_generation : flow->destination_generation,
		 flow->created, 0, NULL);
	trace_rule(POLICY_STAGE_GROUP_OUT, flow->egress_rule);
	trace_rule(POLICY_STAGE_GROUP_IN, flow->ingress_rule);
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
