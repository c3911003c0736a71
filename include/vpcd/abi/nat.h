/* Public addresses that private ones share: what a NAT gateway may translate, and what it does translate. */
#pragma once

#include <vpcd/abi/types.h>

/* Who may share: the longest prefix decides. Rows of all NAT gateways of this host. */
struct snat_key {
	__u32 prefix_len; /* SNAT_PREFIX_FIXED + bits of the address (IPv4: 96 more than its own) */
	__u32 vpc;
	struct address address; /* private */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct snat_key, 24);

#define SNAT_PREFIX_FIXED 32 /* bits of vpc, always compared */

struct snat_address {
	struct address address; /* public */
	__u32 id;               /* index into `public_traffic` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct snat_address, 20);

#define SNAT_ADDRESSES 16

enum snat_flags {
	SNAT_ENDPOINT_INDEPENDENT =
		1 << 0,           /* a private port has one public port, whomever it talks to (RFC 4787, 4.1) */
	SNAT_SLICE = 1 << 1,      /* other hosts have the other ports of these addresses */
	SNAT_PORTS_ONLY = 1 << 2, /* and one of them what has no ports */
};

struct snat {
	__u16 first_port; /* host byte order, 1..65535 */
	__u16 last_port;  /* not below the first */
	__u16 count;      /* of addresses, 1..SNAT_ADDRESSES */
	__u16 flags;      /* enum snat_flags */
	__u32 generation; /* as in `public_generations` */
	struct snat_address addresses[SNAT_ADDRESSES];
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct snat, 332);

/* Ports of a public address that another of the hosts which share it has; longest prefix, as a range of ports is cut into blocks
 * of 2^n. Port 0: what has no ports. */
struct slice_key {
	__u32 prefix_len;       /* SLICE_PREFIX_FIXED + bits of the port */
	struct address address; /* public */
	__u8 port[2];           /* as on the wire */
	__u16 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct slice_key, 24);

#define SLICE_PREFIX_FIXED 128 /* bits of the address, always compared */
#define SLICE_PORT_BITS 16

struct slice {
	__u32 next_hop; /* index into `next_hops`, NEXT_HOP_PASS: the host that has them */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct slice, 4);

/* One port of a public address, and the private one it stands for. */
struct forward_key {
	struct address address; /* public */
	__be16 port;
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct forward_key, 20);

struct forward {
	struct address address; /* private */
	__u32 vpc;
	__u32 generation; /* as in `public_generations` */
	__be16 port;
	__u16 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct forward, 28);

/* A direction of what is translated now. Its key is a struct flow_key without `entry`; going out it has the VPC's VNI and
 * the private source, coming in VNI 0 and the public destination. Both directions are there, or none. */
enum translation_flags {
	TRANSLATION_OUT = 1 << 0,          /* this direction goes out */
	TRANSLATION_FROM_OUTSIDE = 1 << 1, /* the Internet has opened it, through a struct forward */
	TRANSLATION_OF_MAPPING = 1 << 2,   /* goes by a mapping: a pair whose keys have no remote address and port */
	TRANSLATION_OF_SERVICE = 1 << 3,   /* a load balancer has opened it; `id` is a backend's number */
	TRANSLATION_INSIDE = 1 << 4,       /* both sides are in the VPC: both keys have its VNI */
	TRANSLATION_HAIRPIN = 1 << 5, /* the backend is the client: it sees the load balancer's address as its peer */
	TRANSLATION_DIRECT = 1 << 6,  /* the backend's host answers: the direction that goes out is not seen here */
};

struct translation {
	__u64 packets;
	__u64 bytes;            /* of the Ethernet frames inside the VPC */
	struct address address; /* takes the place of the source going out, of the destination coming in */
	__u32 vpc;              /* of the private side */
	__u32 id;               /* of the public address, index into `public_traffic` and `public_generations` */
	__u32 generation;       /* of the NAT gateway when it was decided: it is asked again under another one */
	__u32 last_seen;        /* jiffies, low 32 bits; FLOW_GONE: about to be removed */
	__u32 created;          /* jiffies, low 32 bits */
	__be16 port;            /* likewise with `address`; ICMP queries: the identifier */
	__u8 flags;             /* enum translation_flags */
	__u8 tcp_state;         /* enum tcp_state of this direction */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct translation, 56);

/* How many pairs there are: of a VPC (address 0), of a private address, of a public one (VNI 0). What a load balancer has
 * opened counts for its VPC and for its own address, whatever VNI that has, and not for the backend's (service.h). */
struct translation_count_key {
	struct address address;
	__u32 vpc;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct translation_count_key, 20);

struct translation_count {
	__u64 pairs;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct translation_count, 8);
