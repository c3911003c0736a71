/* Where an address of a VPC lives. */
#pragma once

#include <vpcd/abi/types.h>

struct endpoint_key {
	struct address address;
	__u32 vpc;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct endpoint_key, 20);

enum endpoint_flags {
	ENDPOINT_ROUTER = 1 << 0, /* the address is the virtual router's own; next_hop is 0 */
	ENDPOINT_SERVICE =
		1 << 1, /* with ENDPOINT_ROUTER: a load balancer's, for which the router answers ARP and ping */
};

struct endpoint {
	__u32 next_hop; /* index into `next_hops` */
	__u32 subnet;   /* id */
	__u32 flags;    /* enum endpoint_flags */
	__u32 group_set; /* which security groups the instance is a member of: a number for the set, unique in its VPC; 0: none */
	__u32 outside; /* index into `next_hops`: who serves its public address, for packets no route takes; 0: it has none */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct endpoint, 20);

enum next_hop_flags {
	NEXT_HOP_OUTSIDE = 1 << 0, /* out of the VPC, by the gateway of `host` */
	NEXT_HOP_RETURN = 1 << 1,  /* likewise, by the host that the flow names: the one that let the connection in */
	NEXT_HOP_PASS = 1 << 2,    /* with NEXT_HOP_OUTSIDE: into the VPC, by `host`, which translates it */
};

/* One per address of an instance. Routes and flows point here, so a move to another host is one write.
 * `serial` changes when the slot is given to something else: a flow that remembers another serial is decided again. */
struct next_hop {
	__u32 serial;    /* never 0 for a slot in use */
	__u32 vpc;       /* VNI */
	__u32 host;      /* index into `hosts`; 0: this host */
	__u32 interface; /* index into `interfaces` when host is 0; both 0: nowhere, or NEXT_HOP_OUTSIDE */
	struct mac mac;  /* of the instance; NEXT_HOP_OUTSIDE: VPCD_GATEWAY_MAC or another mark */
	__u16 flags;     /* enum next_hop_flags */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct next_hop, 24);

/* A local instance by its MAC: who a decapsulated Ethernet frame is for. */
struct station_key {
	__u32 vpc;
	struct mac mac;
	__u16 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct station_key, 12);

struct station {
	__u32 next_hop;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct station, 4);
