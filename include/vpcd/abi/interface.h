/* A local interface: settings every packet of it reads. */
#pragma once

#include <vpcd/abi/types.h>

enum interface_flags {
	INTERFACE_SOURCE_CHECK = 1 << 0, /* MAC and address of what it sends must be its own */
	INTERFACE_PEER = 1 << 1,         /* veth or netkit: deliver by redirect_peer */
	INTERFACE_WHOLE_PACKETS =
		1 << 2, /* tap: let the kernel's tunnel device decapsulate, it keeps big packets whole */
	INTERFACE_XDP_TARGET = 1 << 3, /* the device accepts XDP redirects */
};

struct device_key {
	__u32 ifindex;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct device_key, 4);

struct device {
	__u32 interface; /* index into `interfaces` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct device, 4);

struct interface {
	__u32 vpc;        /* VNI; 0: the slot is empty */
	__u32 subnet;     /* id */
	__u32 generation; /* flows decided under another one are decided again */
	__u32 ifindex;    /* 0: the device is not there */
	__u32 next_hop;   /* its own entry in `next_hops`, by which others reach its primary address */
	__u16 flags;      /* enum interface_flags */
	struct mac mac;
	__u32 ingress_policy; /* of its security groups, indexes into `policies`; 0: everything is allowed */
	__u32 egress_policy;
	__u32 ingress_limit; /* of what it receives and sends, indexes into `limits`; 0: none */
	__u32 egress_limit;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct interface, 44);

/* What an instance sent (tx), and what came for it and was let through (rx), both before its caps; per CPU. Bytes are of the inner Ethernet frame. */
struct interface_counters {
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 rx_packets;
	__u64 rx_bytes;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct interface_counters, 32);
