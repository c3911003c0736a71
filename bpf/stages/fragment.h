/* Fragments (RFC 791, 3.2): only the first one has the ports. It leaves them for the others, once it has passed. */
#pragma once

#include "lib/drop.h"

static __always_inline struct fragment_key fragment_of(const struct packet *p)
{
	struct fragment_key key = {
		.source = p->flow.source,
		.destination = p->flow.destination,
		.vpc = p->flow.vpc,
		.entry = p->flow.entry,
		.id = p->ip_id,
		.protocol = p->flow.protocol,
	};

	return key;
}

/* A later one gets the ports of the first. In: p->flow with `entry`. One that comes too early goes nowhere: unfiltered it
 * may not pass, and there is no place to keep it. */
static __noinline enum verdict stage_fragment(struct packet *p)
{
	const struct fragment_key key = fragment_of(p);
	const struct fragment *first;

	if (!(p->flags & PACKET_LATER_FRAGMENT))
		return VERDICT_CONTINUE;
	first = bpf_map_lookup_elem(&fragments, &key);
	if (!first || first->expires <= bpf_ktime_get_ns())
		return drop(p, DROP_FRAGMENT_EARLY);
	p->flow.source_port = first->source_port;
	p->flow.destination_port = first->destination_port;
	p->icmp_type = first->icmp_type;
	p->icmp_code = first->icmp_code;
	trace(p, TRACE_FRAGMENT, bpf_ntohs(first->source_port), bpf_ntohs(first->destination_port), 0, NULL);
	return VERDICT_CONTINUE;
}

/* The first one has passed. */
static __noinline long remember_fragment(const struct packet *p)
{
	const struct fragment_key key = fragment_of(p);
	const struct fragment first = {
		.expires = bpf_ktime_get_ns() + FRAGMENT_LIFETIME_NS,
		.source_port = p->flow.source_port,
		.destination_port = p->flow.destination_port,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
	};

	if (p->flags & (PACKET_LATER_FRAGMENT | PACKET_UNTRACKED | PACKET_TRACED))
		return 0;
	return bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
}
