/* Answers through a load balancer of the VPC that this host plays for a local client: they come from a backend, and are to
 * come from the load balancer. Rules and flows see who it is; what the client sees is changed last. TC only. */
#pragma once

#include "stages/quoted.h"
#include "stages/recall_served.h"

/* What it quotes was sent to the load balancer, and if a backend tells, the load balancer does. */
static __always_inline bool serve_error(struct packet *p)
{
	const struct replacement *service = &p->scratch->replacement;
	const struct address backend = p->scratch->out_key.source;

	reverse_key(&p->scratch->in_key, &p->scratch->out_key, 0); /* what is quoted */
	if (!rewrite_quoted(p, IP_DESTINATION, &p->scratch->in_key, service))
		return false;
	return !same_address(&p->flow.source, &backend) || rewrite_address(p, IP_SOURCE, &service->address);
}

/* In: PACKET_SERVED; the packet as it is to be delivered, but for its source. */
static __noinline enum verdict stage_served(struct packet *p)
{
	struct translation *known;

	p->scratch = this_scratch();
	if (!p->scratch || !set_served_key(p, &p->scratch->out_key))
		return VERDICT_DROP;
	known = find_translation(p, &p->scratch->out_key);
	if (!known)
		return drop(p, DROP_NO_TRANSLATION);
	trace(p, TRACE_BALANCE_SOURCE, bpf_ntohs(known->port), 0, 0, &known->address);
	count_public_sent(p, known->id);
	set_replacement(&p->scratch->replacement, known);
	if (p->flags & PACKET_ERROR)
		return serve_error(p) ? VERDICT_CONTINUE : drop(p, DROP_KERNEL);
	touch_translation(p, &p->scratch->out_key, known);
	if (!rewrite_address(p, IP_SOURCE, &p->scratch->replacement.address) ||
	    !rewrite_port(p, IP_SOURCE, p->scratch->replacement.port))
		return drop(p, DROP_KERNEL);
	return VERDICT_CONTINUE;
}
