/* What the first fragment of a packet tells the later ones: the ports. */
#pragma once

#include <vpcd/abi/types.h>

struct fragment_key {
	struct address source;
	struct address destination;
	__u32 vpc;
	__u32 entry; /* as in struct flow_key */
	__be16 id;   /* of the IP header */
	__u8 protocol;
	__u8 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct fragment_key, 44);

struct fragment {
	__u64 expires; /* CLOCK_MONOTONIC, ns */
	__be16 source_port;
	__be16 destination_port;
	__u8 icmp_type;
	__u8 icmp_code;
	__u16 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct fragment, 16);

#define FRAGMENT_LIFETIME_NS                                                                                         \
	30000000000ull /* as long as receivers keep what they put together (RFC 791, 3.2: 15 s) */
