/* Addresses of the Internet, and the private ones they stand for. A host that serves a public address has its rows; the
 * instance's host has only a next hop for what leaves the VPC (struct endpoint). */
#pragma once

#include <vpcd/abi/types.h>

struct public_key {
	struct address address;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct public_key, 16);

enum public_flags {
	PUBLIC_ANNOUNCED = 1 << 0, /* ARP requests for it on the external segment are answered here */
	PUBLIC_WHOLE = 1 << 1,     /* stands for one private address, with every protocol and port */
	PUBLIC_QUIET = 1 << 2,     /* another host is told to the world, and passes on what comes for it */
	PUBLIC_PASSED = 1 << 3,    /* what comes for it may come in at another host, which passes it on */
};

struct public_address {
	struct address private_address; /* PUBLIC_WHOLE */
	__u32 vpc;                      /* VNI of the VPC it leads into */
	__u32 id;                       /* index into `public_traffic` */
	__u32 flags;                    /* enum public_flags */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct public_address, 28);

/* The public address that stands for a private one. */
struct elastic_key {
	struct address address; /* the private one */
	__u32 vpc;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct elastic_key, 20);

struct elastic {
	struct address address; /* the public one */
	__u32 id;               /* index into `public_traffic` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct elastic, 20);

/* What went out (tx) and in (rx) by a public address, per CPU. Bytes are of the Ethernet frame inside the VPC. */
struct public_counters {
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 rx_packets;
	__u64 rx_bytes;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct public_counters, 32);
