/* What is known of a packet's connection, and whether a packet may open one. */
#pragma once

#include "lib/flows.h"
#include "stages/flow.h"

static __always_inline struct scratch *this_scratch(void)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* Of the packet itself, not of an earlier part of it. */
static __always_inline bool has_tcp_flags(const struct packet *p)
{
	return p->flow.protocol == IPPROTO_TCP && !(p->flags & PACKET_LATER_FRAGMENT);
}

static __always_inline bool opens_tcp(const struct packet *p)
{
	return has_tcp_flags(p) && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Combinations no stack sends (RFC 9293, 3.5 and 3.6): they serve to confuse those who filter. */
static __always_inline bool is_contradictory(const struct packet *p)
{
	const __u8 flags = p->tcp_flags;

	if (!has_tcp_flags(p))
		return false;
	return !(flags & (TCP_SYN | TCP_RST | TCP_ACK)) || (flags & TCP_SYN && flags & (TCP_FIN | TCP_RST)) ||
	       (flags & TCP_FIN && !(flags & TCP_ACK));
}

/* The entry of its flow, decided under the settings of now or not; NULL: none. Out: what it says of the connection. */
static __always_inline struct flow *recall(struct packet *p)
{
	struct flow *flow;

	if (p->flags & (PACKET_UNTRACKED | PACKET_FRESH))
		return NULL;
	flow = find_established(&p->flow);
	if (flow)
		p->flags |= PACKET_ESTABLISHED;
	else
		flow = find_pending(&p->flow);
	if (!flow || (!is_traced(p) && !stay_alive(flow))) {
		p->flags &= ~PACKET_ESTABLISHED;
		return NULL;
	}
	p->flags |= PACKET_KNOWN;
	if (flow->flags & FLOW_REVERSE)
		p->flags |= PACKET_ANSWERS;
	/* A pair has a local side. Versions without rules wrote answers that name none. */
	if ((flow->source_interface | flow->destination_interface) && is_approved(flow))
		p->flags |= PACKET_APPROVED;
	p->egress_rule = flow->egress_rule;
	p->ingress_rule = flow->ingress_rule;
	return flow;
}

/* As if recall() had found nothing, which it returns. */
static __always_inline struct flow *forget_recalled(struct packet *p)
{
	p->flags &= ~(PACKET_KNOWN | PACKET_ESTABLISHED | PACKET_ANSWERS | PACKET_APPROVED);
	p->egress_rule = p->ingress_rule = RULE_ID_NONE;
	return NULL;
}

/* The receiver's own side of the connection, if it is local: it knows who opened it, and if the packet enters elsewhere
 * than the one before - its sender has moved - it is all that is known. */
static __always_inline void recall_receiver(struct packet *p, __u32 receiver)
{
	struct flow_key *key = &p->scratch->key;
	const struct flow *flow;
	bool is_established;

	if (!receiver || p->flags & (PACKET_UNTRACKED | PACKET_FRESH))
		return;
	reverse_key(key, &p->flow, receiver);
	flow = find_established(key);
	is_established = flow;
	if (!flow)
		flow = find_pending(key);
	if (!flow)
		return;
	if (!(flow->flags & FLOW_REVERSE))
		p->flags |= PACKET_ANSWERED;
	if (p->flags & PACKET_KNOWN)
		return;
	p->flags |= PACKET_KNOWN | PACKET_JOINS;
	if (p->flags & PACKET_ANSWERED)
		p->flags |= PACKET_ANSWERS;
	if (is_established)
		p->flags |= PACKET_ESTABLISHED;
}

/* Has the connection ended, as far as its two sides have said so? */
static __always_inline bool has_ended(const struct packet *p, const struct flow *flow)
{
	const struct flow *peer = find_peer_of(&p->flow, flow->peer_entry, &p->scratch->key);

	if (flow->tcp_state == TCP_STATE_CLOSED || (peer && peer->tcp_state == TCP_STATE_CLOSED))
		return true;
	return flow->tcp_state == TCP_STATE_CLOSING && peer && peer->tcp_state == TCP_STATE_CLOSING;
}

/* A SYN is always for the rules to decide. It begins a connection anew where the former one has ended, or has not come to
 * be, from the other side. A live one is not its business: the receiver will tell (RFC 5961, 4). */
static __always_inline void track_syn(struct packet *p, const struct flow *flow)
{
	const bool answers = p->flags & PACKET_ANSWERS;

	if (!flow) {
		p->flags &= ~(PACKET_KNOWN | PACKET_JOINS | PACKET_ESTABLISHED | PACKET_ANSWERS | PACKET_ANSWERED);
		return;
	}
	p->flags &= ~PACKET_APPROVED;
	if (has_ended(p, flow) || (answers && !(p->flags & PACKET_ESTABLISHED)))
		p->flags |= PACKET_BEGINS;
	else if (answers)
		p->flags |= PACKET_ASIDE;
	if (answers || p->flags & PACKET_BEGINS)
		p->flags &= ~(PACKET_ANSWERS | PACKET_ANSWERED);
}

/* `interface_id`: of the local side. */
static __always_inline enum verdict track_midstream(struct packet *p, __u32 interface_id)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};
	const struct vpc *vpc = bpf_map_lookup_elem(&vpcs, &key);
	const __u64 *until;

	if (p->tcp_flags & TCP_RST || !vpc || vpc->flags & VPC_MIDSTREAM_DROP)
		return drop(p, DROP_TCP_UNKNOWN);
	if (vpc->flags & VPC_MIDSTREAM_AFTER_MOVE) {
		until = bpf_map_lookup_elem(&midstream_until, &interface_id);
		if (!until || *until <= bpf_jiffies64())
			return drop(p, DROP_TCP_UNKNOWN);
	}
	trace(p, TRACE_MIDSTREAM, p->flow.vpc, 0, 0, NULL);
	p->flags |= PACKET_MIDSTREAM;
	return VERDICT_CONTINUE;
}

/* May it go on to the rules? In: what recall() and recall_receiver() found. */
static __always_inline enum verdict stage_track(struct packet *p, const struct flow *flow, __u32 interface_id)
{
	if (opens_tcp(p)) {
		track_syn(p, flow);
		return VERDICT_CONTINUE;
	}
	if (p->flags & PACKET_ANSWERS)
		trace(p, TRACE_REPLY, 0, 0, 0, NULL);
	if (p->flags & PACKET_KNOWN)
		return VERDICT_CONTINUE;
	if (p->flow.protocol == IPPROTO_TCP)
		return track_midstream(p, interface_id);
	if (p->flow.protocol == IPPROTO_ICMP && icmp_question(p->icmp_type) && !(p->flags & PACKET_UNTRACKED))
		return drop(p, DROP_ICMP_UNASKED);
	return VERDICT_CONTINUE;
}
