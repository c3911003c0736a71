/* Is a packet an answer through a load balancer of the VPC that this host plays for a local client? The same code for XDP
 * and TC. */
#pragma once

#include <vpcd/abi/nat.h>

#include "stages/related.h"

/* The key of the answers to which the packet belongs, or about which it is an error. False: it is not to be read. */
static __always_inline bool set_served_key(const struct packet *p, struct flow_key *key)
{
	struct flow_key *quoted = &p->scratch->key;

	if (!(p->flags & PACKET_ERROR)) {
		*key = p->flow;
		key->entry = 0;
		return true;
	}
	__builtin_memset(quoted, 0, sizeof(*quoted));
	quoted->vpc = p->flow.vpc;
	if (!find_quoted(p, quoted))
		return false;
	reverse_key(key, quoted, 0);
	return true;
}

/* Where no valid flow says whether it is one. Out: PACKET_SERVED. */
static __noinline long recall_served(struct packet *p)
{
	const __u32 asked = TRANSLATION_INSIDE | TRANSLATION_OUT | TRANSLATION_HAIRPIN;
	const struct translation *known;

	if (!p->scratch || !set_served_key(p, &p->scratch->out_key))
		return 0;
	known = bpf_map_lookup_elem(&translations, &p->scratch->out_key);
	if (known && (known->flags & asked) == (TRANSLATION_INSIDE | TRANSLATION_OUT))
		p->flags |= PACKET_SERVED;
	return 0;
}
