/* Writing what was decided: a new pair of flows, a known one anew, and its way from `pending` to `flows`. */
#pragma once

#include "lib/flows.h"
#include "stages/track.h"

/* Packets without an answer that make something else than TCP established: one-way streams are common. */
#define ONE_WAY_PACKETS 16
/* And packets of the side that answers, where the other has fallen silent. */
#define ANSWERING_PACKETS 4

/* Whoever is local, as the rules saw them. */
static __always_inline void set_parties(const struct packet *p, struct flow *flow, __u32 sender, __u32 receiver)
{
	flow->source_interface = sender;
	flow->source_generation = sender ? p->sender_generation : 0;
	flow->destination_interface = receiver;
	flow->destination_generation = receiver ? p->receiver_generation : 0;
	flow->egress_rule = p->egress_rule;
	flow->ingress_rule = p->ingress_rule;
}

static __always_inline struct flow *new_flow(const struct packet *p)
{
	struct flow *flow = &p->scratch->flow;

	__builtin_memset(flow, 0, sizeof(*flow));
	flow->created = flow->last_seen = jiffies_now();
	if (p->flags & PACKET_MIDSTREAM)
		flow->flags = FLOW_MIDSTREAM;
	if (p->flow.protocol == IPPROTO_TCP && p->flags & (PACKET_MIDSTREAM | PACKET_ESTABLISHED))
		flow->tcp_state = TCP_STATE_ESTABLISHED; /* its SYN was long ago */
	return flow;
}

/* The other direction. Its way is not decided yet: whoever answers is routed by its own subnet's table. What a SYN opens
 * takes the place of what the receiver alone remembers of a connection that has not come to be. */
static __noinline int record_peer(const struct packet *p, __u32 sender, __u32 receiver)
{
	struct flow *flow = new_flow(p);

	reverse_key(&p->scratch->key, &p->flow, p->peer_entry);
	if (!(p->flags & PACKET_ANSWERS))
		flow->flags |= FLOW_REVERSE;
	if (feature(SERVICE) && p->flags & PACKET_BALANCED)
		flow->flags |= FLOW_SERVED;
	flow->peer_entry = p->flow.entry;
	set_parties(p, flow, sender, receiver);
	flow->source_interface = receiver;
	flow->source_generation = flow->destination_generation;
	flow->destination_interface = sender;
	flow->destination_generation = sender ? p->sender_generation : 0;
	return bpf_map_update_elem(&pending, &p->scratch->key, flow, opens_tcp(p) ? BPF_ANY : BPF_NOEXIST);
}

/* In the table where the pair is. */
static __always_inline int store(const struct packet *p, const struct flow *flow)
{
	int failed;

	if (!(p->flags & PACKET_ESTABLISHED))
		return bpf_map_update_elem(&pending, &p->flow, flow, BPF_ANY);
	if (!(p->flags & PACKET_JOINS))
		return bpf_map_update_elem(&flows, &p->flow, flow, BPF_EXIST);
	failed = bpf_map_update_elem(&flows, &p->flow, flow, BPF_NOEXIST);
	if (!failed)
		add_to_count(p->flow.vpc, 1);
	return failed;
}

/* This direction: p->next_hop, p->flags, p->host. Keeps counters of an entry that is decided again. */
static __noinline int record_own(const struct packet *p, __u32 sender, __u32 receiver)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	const struct flow *old = p->flags & PACKET_KNOWN ? find_flow(&p->flow) : NULL;
	struct flow *flow = new_flow(p);

	if (!next_hop)
		return -1;
	if (old)
		*flow = *old;
	flow->flags = (flow->flags & FLOW_MIDSTREAM) | FLOW_DECIDED;
	if (p->flags & PACKET_ROUTED)
		flow->flags |= FLOW_ROUTED;
	if (p->flags & PACKET_ANSWERS)
		flow->flags |= FLOW_REVERSE;
	if (feature(OUTSIDE) && p->flags & PACKET_ENTERED)
		flow->flags |= FLOW_ENTERED;
	if (feature(OUTSIDE) && p->flags & PACKET_CHECK)
		flow->flags |= FLOW_CHECK;
	if (feature(SERVICE) && p->flags & PACKET_SERVED)
		flow->flags |= FLOW_SERVED;
	flow->last_seen = jiffies_now();
	flow->next_hop = p->next_hop;
	flow->next_hop_serial = next_hop->serial;
	set_parties(p, flow, sender, receiver);
	flow->host = p->host;
	/* Who answers knows where the opener's packets enter, whichever way the answer takes; and 0 is nowhere. */
	if (p->peer_entry && !(old && p->flags & PACKET_ANSWERS))
		flow->peer_entry = p->peer_entry;
	flow->tunnel_port = p->tunnel_port;
	touch(p, flow);
	return store(p, flow);
}

/* The other direction, which is all that was known, learns where this one enters now. */
static __always_inline void tell_peer(const struct packet *p, __u32 receiver)
{
	struct flow *peer = find_peer_of(&p->flow, receiver, &p->scratch->key);

	if (peer)
		peer->peer_entry = p->flow.entry;
}

/* The answers may have gone back to another gateway. */
static __noinline long undecide_peer(const struct packet *p, __u32 receiver)
{
	struct flow *peer = find_peer_of(&p->flow, receiver, &p->scratch->key);

	if (peer)
		peer->flags &= ~FLOW_DECIDED;
	return 0;
}

/* Both directions of a new flow, the answer's first; a known one is replaced. A table that refuses costs speed, not
 * the packet. `sender`, `receiver`: interfaces of this host, 0: on another. */
static __always_inline void record_flow(const struct packet *p, __u32 sender, __u32 receiver)
{
	int failed = 0;

	if (p->flags & (PACKET_UNTRACKED | PACKET_ASIDE))
		return;
	if (unlikely(is_traced(p))) {
		add_step(TRACE_FLOW_WRITE, sender ? p->sender_generation : p->receiver_generation, 0, 0, NULL);
		return;
	}
	if (!(p->flags & PACKET_KNOWN) && p->peer_entry)
		failed = record_peer(p, sender, receiver);
	if (failed == -EEXIST) /* it has answered before, or opened the flow itself */
		failed = 0;
	failed |= record_own(p, sender, receiver);
	if (p->flags & PACKET_JOINS)
		tell_peer(p, receiver);
	if (feature(OUTSIDE) && p->flags & PACKET_ENTERED)
		undecide_peer(p, receiver);
	if (failed)
		count(p, COUNTER_FLOW_UNRECORDED);
	else if (!(p->flags & PACKET_KNOWN))
		count(p, COUNTER_FLOW_CREATED);
}

/* Has the other side agreed to the connection? `own` is this packet's direction, counted already. */
static __always_inline bool is_due(const struct packet *p, const struct flow *own, const struct flow *peer)
{
	const bool is_tcp = p->flow.protocol == IPPROTO_TCP;

	if (own->flags & FLOW_REVERSE)
		return !is_tcp && own->packets >= ANSWERING_PACKETS;
	if (is_tcp)
		return !(p->tcp_flags & (TCP_SYN | TCP_RST)) && peer->packets && peer->tcp_state != TCP_STATE_NONE;
	return peer->packets || own->packets >= ONE_WAY_PACKETS;
}

/* From `pending` to `flows`, both directions or none: nothing is pushed out there, so it is kept for connections that two
 * sides want, and each VPC has its share. */
static __noinline long settle(const struct packet *p, const struct flow *own)
{
	const struct vpc_key vpc_key = {.vpc = p->flow.vpc};
	const struct vpc *vpc = bpf_map_lookup_elem(&vpcs, &vpc_key);
	struct flow_key *key = &p->scratch->key;
	const struct flow *peer;

	if (!own || !vpc)
		return 0;
	reverse_key(key, &p->flow, own->peer_entry);
	peer = find_pending(key);
	if (!peer || !is_due(p, own, peer))
		return 0;
	if (is_at_limit(p->flow.vpc, vpc->flow_limit) || bpf_map_update_elem(&flows, key, peer, BPF_NOEXIST))
		return count(p, COUNTER_FLOW_UNESTABLISHED);
	if (bpf_map_update_elem(&flows, &p->flow, own, BPF_NOEXIST)) {
		bpf_map_delete_elem(&flows, key);
		return count(p, COUNTER_FLOW_UNESTABLISHED);
	}
	add_to_count(p->flow.vpc, 2);
	bpf_map_delete_elem(&pending, &p->flow);
	bpf_map_delete_elem(&pending, key);
	return count(p, COUNTER_FLOW_ESTABLISHED);
}

/* A packet of a known flow, whose decision holds. */
static __always_inline void use_flow(const struct packet *p, struct flow *flow)
{
	touch(p, flow);
	if (!(p->flags & PACKET_ESTABLISHED))
		settle(p, flow);
}

/* The last word on a packet that may pass: a VPC that has its share of connections gets no new one. A check is none of its
 * own: who cannot take more is not dead. */
static __always_inline enum verdict stage_record(struct packet *p, __u32 sender, __u32 receiver)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};
	const __u32 unsettled = PACKET_JOINS | PACKET_ESTABLISHED | PACKET_UNTRACKED | PACKET_ASIDE | PACKET_BEGINS;
	const bool settles = (p->flags & (PACKET_KNOWN | unsettled)) == PACKET_KNOWN;
	bool takes_more = !(p->flags & (PACKET_KNOWN | PACKET_UNTRACKED | PACKET_ASIDE | PACKET_CHECK));
	const struct vpc *vpc;

	if (p->flags & PACKET_BEGINS) {
		takes_more = !(p->flags & PACKET_ESTABLISHED); /* else it takes the place of the one that ended */
		if (!is_traced(p))
			forget_pair(&p->flow, &p->scratch->key);
		p->flags &= ~(PACKET_KNOWN | PACKET_ESTABLISHED);
	}
	if (takes_more) {
		vpc = bpf_map_lookup_elem(&vpcs, &key);
		if (vpc && is_at_limit(p->flow.vpc, vpc->flow_limit))
			return drop(p, DROP_FLOW_LIMIT);
	}
	record_flow(p, sender, receiver);
	if (settles && !is_traced(p)) /* the packet counts like one whose way was known */
		settle(p, find_pending(&p->flow));
	return VERDICT_CONTINUE;
}
