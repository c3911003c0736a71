/* Health checks of this host: from the agent's own network namespace, where a socket's address says which VPC it means, into
 * that VPC. */
#pragma once

#include "stages/enter.h"

/* What else comes from there is the host's own business: errors about late answers, for one. */
static __always_inline bool is_of_checker(const struct packet *p)
{
	const __u32 source = bpf_ntohl(ipv4_of(&p->flow.source));

	return (source & ~VPCD_MAX_VNI) == VPCD_CHECK_BLOCK && !(p->flags & PACKET_FRAGMENT) &&
	       (p->flow.protocol == IPPROTO_TCP || p->flow.protocol == IPPROTO_UDP);
}

/* VERDICT_CONTINUE: for an instance of this host. */
static __always_inline enum verdict stage_check(struct packet *p, const struct settings *host)
{
	struct replacement *to;
	struct address source;

	if (!is_of_checker(p))
		return drop(p, DROP_HOST_STACK);
	p->flow.vpc = bpf_ntohl(ipv4_of(&p->flow.source)) & VPCD_MAX_VNI;
	p->scratch = this_scratch();
	if (!p->scratch)
		return VERDICT_DROP;
	set_ipv4(&source, host->check_address);
	if (!rewrite_address(p, IP_SOURCE, &source))
		return drop(p, DROP_KERNEL);
	to = &p->scratch->replacement;
	to->address = p->flow.destination;
	to->vpc = p->flow.vpc;
	to->id = 0;
	to->port = 0;
	return enter(p, host);
}
