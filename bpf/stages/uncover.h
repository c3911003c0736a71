/* From an underlay packet to a packet for one interface: which receiver, and taking the tunnel off. */
#pragma once

#include "stages/arrive.h"

/* Is it a tunnel packet for us? Touches nothing. */
static __always_inline enum verdict find_tunnel(struct packet *p, const struct settings *host)
{
	const enum verdict verdict = stage_outer(p, host);

	return verdict == VERDICT_CONTINUE ? stage_stranger(p, host) : verdict;
}

/* From the inner header to a next hop on this host. */
static __always_inline enum verdict find_way(struct packet *p, const struct settings *host)
{
	enum verdict verdict = stage_parse(p);

	if (verdict == VERDICT_CONTINUE)
		verdict = stage_arrival(p, host);
	return verdict;
}

static __always_inline const struct interface *find_receiver(struct packet *p, const struct next_hop **next_hop)
{
	const struct interface *receiver;

	*next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	if (!*next_hop)
		return NULL;
	p->interface = (*next_hop)->interface;
	receiver = bpf_map_lookup_elem(&interfaces, &p->interface);
	return receiver && p->interface && receiver->vpc == p->flow.vpc ? receiver : NULL;
}

/* Nothing stands before the Ethernet header any more. */
static __always_inline void bare(struct packet *p)
{
	const __u32 tunnel = p->l3 - sizeof(struct ethhdr);

	p->length -= tunnel;
	p->l4 -= tunnel;
	p->l3 = sizeof(struct ethhdr);
}

/* Takes the tunnel off and dresses the packet for its receiver. */
static __always_inline enum verdict stage_uncover(struct packet *p, const struct next_hop *next_hop)
{
	const __u32 bytes = inner_bytes(p), own_check = PACKET_ENTERS | PACKET_CHECK;
	const struct mac router = {VPCD_ROUTER_MAC};
	enum verdict verdict = stage_congestion(p);

	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (!uncover(p))
		return drop(p, DROP_KERNEL);
	if (!write_ethernet(p, &next_hop->mac, has_ethernet(p) ? &p->source_mac : &router))
		return drop(p, DROP_MALFORMED);
	count_received(p, p->interface, bytes);
	if (feature(OUTSIDE) && (p->flags & own_check) == own_check) /* no traffic of the Internet */
		return VERDICT_CONTINUE;
	if (!count(p, p->flags & PACKET_ENTERS ? COUNTER_TRANSLATED_IN : COUNTER_DECAPSULATED)) {
		if (!(p->flags & PACKET_ENTERS))
			trace(p, TRACE_UNCOVER, 0, 0, 0, NULL);
		trace_delivery(p, p->interface);
	}
	return VERDICT_CONTINUE;
}
