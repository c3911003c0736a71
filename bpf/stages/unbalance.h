/* Back to what a client has sent, where it is told of a packet that did not reach the backend. TC only. */
#pragma once

#include "lib/rewrite.h"
#include "stages/translate.h"

/* The client is about to be told of a packet: as it sent it. In: PACKET_BALANCED. False: it cannot be done. */
static __noinline bool unbalance(struct packet *p)
{
	struct translation *known;

	p->scratch = this_scratch();
	if (!p->scratch)
		return false;
	reverse_key(&p->scratch->out_key, &p->flow, 0);
	known = bpf_map_lookup_elem(&translations, &p->scratch->out_key);
	if (!known)
		return false;
	set_replacement(&p->scratch->replacement, known);
	return rewrite_address(p, IP_DESTINATION, &p->scratch->replacement.address) &&
	       rewrite_port(p, IP_DESTINATION, p->scratch->replacement.port);
}
