/* A virtual private cloud and its subnets, as the packet path sees them. */
#pragma once

#include <vpcd/abi/types.h>

struct vpc_key {
	__u32 vpc; /* VNI, host byte order, 1..VPCD_MAX_VNI */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vpc_key, 4);

/* Present only for VPCs with an interface on this host: any other VNI is refused. */
struct vpc {
	__u32 arrivals; /* route table that finds the local router instance for a packet without inner MAC (GRE) */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vpc, 4);

struct subnet_key {
	__u32 vpc;
	__u32 subnet; /* id, unique within its VPC */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct subnet_key, 8);

struct subnet {
	struct address gateway; /* the virtual router's address in this subnet */
	__u32 route_table;      /* id of the table bound to it, unique within its VPC */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct subnet, 20);
