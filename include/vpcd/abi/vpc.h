/* A virtual private cloud and its subnets, as the packet path sees them. */
#pragma once

#include <vpcd/abi/types.h>

struct vpc_key {
	__u32 vpc; /* VNI, host byte order, 1..VPCD_MAX_VNI */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vpc_key, 4);

/* Present only for VPCs with an interface on this host: any other VNI is refused. */
struct vpc {
	__u32 arrivals;   /* route table that finds the local router instance for a packet without inner MAC (GRE) */
	__u32 flow_limit; /* entries it may have in `flows` on this host; 0: as many as there is room for */
	__u32 flags;      /* enum vpc_flags */
	__u32 way_back;   /* index into `next_hops`: NEXT_HOP_RETURN; 0: none */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vpc, 16);

/* TCP packets in the middle of a connection that is not known. None of the two: they may open one, if rules allow. */
enum vpc_flags {
	VPC_MIDSTREAM_DROP = 1 << 0, /* never */
	VPC_MIDSTREAM_AFTER_MOVE =
		1 << 1, /* while connections may live that the interface brought from another host */
};

/* How many entries of `flows` a VPC has. */
struct flow_count {
	__u64 entries;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct flow_count, 8);

struct subnet_key {
	__u32 vpc;
	__u32 subnet; /* id, unique within its VPC */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct subnet_key, 8);

struct subnet {
	struct address gateway; /* the virtual router's address in this subnet */
	__u32 route_table;      /* id of the table bound to it, unique within its VPC */
	__u32 ingress_policy;   /* of its network ACL, indexes into `policies`; 0: everything is allowed */
	__u32 egress_policy;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct subnet, 28);
