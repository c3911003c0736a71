/* Reading the settings and the route tables. */
#pragma once

#include "lib/packet.h"
#include "maps.h"

static __always_inline struct settings *this_host(void)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* The longest prefix of `table` that contains the destination; NULL: none. */
static __always_inline const struct route *find_route(const struct packet *p, __u32 table)
{
	const struct route_key key = {
		.prefix_len = ROUTE_PREFIX_MAX,
		.vpc = p->flow.vpc,
		.table = table,
		.address = p->flow.destination,
	};

	return bpf_map_lookup_elem(&routes, &key);
}
