/* Longest-prefix routes. */
#pragma once

#include <vpcd/abi/types.h>

#define ROUTE_PREFIX_FIXED 64 /* bits of vpc and table, always compared */
#define ROUTE_PREFIX_MAX (ROUTE_PREFIX_FIXED + 128)

struct route_key {
	__u32 prefix_len; /* ROUTE_PREFIX_FIXED + bits of the address (IPv4: 96 more than its own) */
	__u32 vpc;
	__u32 table;
	struct address address;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct route_key, 28);

/* What a route leads to: id, name. */
#define VPCD_ROUTE_KINDS(X)                                                                                          \
	X(NONE, "none")                                                                                              \
	X(SUBNET, "subnet")       /* system: the address must be an endpoint of the VPC */                           \
	X(INTERFACE, "interface") /* custom: an instance or a secondary interface, by next_hop */                    \
	X(BLACKHOLE, "blackhole")                                                                                    \
	X(SERVICE, "service")         /* system: 100.64.0.0/10, kept for services */                                 \
	X(NAT_GATEWAY, "nat-gateway") /* custom: out of the VPC, by next_hop or the sender's own public address */

enum route_kind {
#define X(id, name) ROUTE_##id,
	VPCD_ROUTE_KINDS(X)
#undef X
};

struct route {
	__u32 kind;     /* enum route_kind */
	__u32 next_hop; /* ROUTE_INTERFACE, ROUTE_NAT_GATEWAY: index into `next_hops` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct route, 8);
