/* Another host of the underlay, and this one. */
#pragma once

#include <vpcd/abi/types.h>

enum host_flags {
	HOST_RESOLVED = 1 << 0,  /* the MACs are known; else the kernel resolves them per packet */
	HOST_REACHABLE = 1 << 1, /* there is a route */
};

struct host {
	struct address address; /* its tunnel endpoint */
	struct address source;  /* ours, towards it */
	__u32 ifindex;          /* underlay device */
	__u16 mtu;              /* IP bytes that fit the path, outer headers included */
	__u8 encapsulation;     /* enum encapsulation: what it receives */
	__u8 flags;             /* enum host_flags */
	struct mac destination_mac;
	struct mac source_mac;
	__be32 gateway; /* IPv4 next hop on the underlay; 0: on link */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct host, 56);

/* A tunnel endpoint we believe. */
struct vtep_key {
	struct address address;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vtep_key, 16);

struct vtep {
	__u32 host; /* index into `hosts` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct vtep, 4);

/* The one element of `settings`. */
struct settings {
	struct address vtep;  /* our tunnel endpoint */
	__u32 encapsulation;  /* enum encapsulation: what we receive */
	__u32 tunnel_ifindex; /* the kernel's vxlan device in metadata mode; 0: none */
	__u32 events;         /* non-zero: somebody reads drop events */
	__u32 xdp_redirect;   /* non-zero: XDP delivers straight to devices that accept it */
	__u32 epoch;          /* its lowest bit says which rule sets are in force, see struct policy */
	__u32 denials; /* events a second about packets that rules drop, on each CPU; 0: none without a reader */
	__u32 external_ifindex;  /* the device that leads to the Internet; 0: none */
	__u16 external_mtu;      /* IP bytes */
	struct mac external_mac; /* of the device */
	__u32 outside;           /* non-zero: there are public addresses, here or on other hosts */
	/* How many connections through NAT gateways of this host there may be at a time. */
	__u32 translations_per_vpc;
	__u32 translations_per_address; /* private ones */
	__u32 check_ifindex;            /* the device that health checks come from; 0: none */
	__be32 check_address;           /* their source inside a VPC, of 100.64.0.0/10 */
	__u16 tunnel_mtu; /* IP bytes that fit into a tunnel to this host, by its underlay device; 0: not known */
	__u16 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct settings, 76);
