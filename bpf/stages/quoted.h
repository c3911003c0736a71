/* ICMP errors about packets that were translated: which connection's, and what they quote of it (RFC 5508, 4.2). TC only. */
#pragma once

#include "lib/rewrite.h"
#include "stages/related.h"
#include "stages/translate.h"

/* NULL: not known. `vpc`: of the key of the direction that answers the quoted packet. Out: the two keys, and
 * p->scratch->replacement. */
static __always_inline const struct translation *
find_quoted_connection(const struct packet *p, struct flow_key *quoted, struct flow_key *answer, __u32 vpc)
{
	const struct translation *known;

	__builtin_memset(quoted, 0, sizeof(*quoted));
	if (!find_quoted(p, quoted))
		return NULL;
	reverse_key(answer, quoted, 0);
	answer->vpc = vpc;
	known = find_translation(p, answer);
	if (known)
		set_replacement(&p->scratch->replacement, known);
	return known;
}

/* One side of the quoted packet becomes what it is on the error's way. False: the kernel would not. */
static __always_inline bool rewrite_quoted(const struct packet *p, enum ip_side side, const struct flow_key *quoted,
					   const struct replacement *to)
{
	const struct address *from = side == IP_SOURCE ? &quoted->source : &quoted->destination;
	const __be16 port = side == IP_SOURCE ? quoted->source_port : quoted->destination_port;

	return rewrite_quoted_port(p, side, quoted->protocol, port, to->port) &&
	       rewrite_quoted_address(p, side, from, &to->address);
}
