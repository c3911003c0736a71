/* Answers to what a gateway has let into the VPC go back to that gateway, which knows the connection, whatever the route
 * tables say. */
#pragma once

#include "stages/related.h"

/* The direction that has come in, by its answer; NULL: not known. */
static __always_inline const struct flow *find_entered(const struct packet *p, const struct flow *answer)
{
	struct flow_key *key = &p->scratch->key;
	struct flow_key quoted = {.vpc = p->flow.vpc};

	if (!(p->flags & PACKET_ERROR))
		return answer ? find_peer_of(&p->flow, answer->peer_entry, key) : NULL;
	if (!find_quoted(p, &quoted))
		return NULL;
	reverse_key(key, &quoted, p->interface);
	answer = find_flow(key);
	if (!answer)
		return NULL;
	quoted.entry = answer->peer_entry;
	return find_flow(&quoted);
}

/* False: the route tables decide. Out: p->next_hop and p->host. */
static __noinline bool stage_way_back(struct packet *p, const struct flow *answer)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};
	const struct flow *entered;
	const struct vpc *vpc;

	if (!feature(OUTSIDE) || !p->scratch)
		return false;
	entered = find_entered(p, answer);
	if (!entered || !(entered->flags & FLOW_ENTERED) || entered->flags & FLOW_REVERSE)
		return false;
	vpc = bpf_map_lookup_elem(&vpcs, &key);
	if (!vpc || !vpc->way_back)
		return false;
	p->host = entered->host;
	p->next_hop = vpc->way_back;
	p->flags |= entered->flags & FLOW_CHECK ? PACKET_ROUTED | PACKET_CHECK : PACKET_ROUTED;
	trace(p, TRACE_RETURN, p->host, 0, 0, NULL);
	return true;
}
