/* Tunnel headers: VXLAN (RFC 7348), Geneve (RFC 8926), GRE with key (RFC 2890). */
#pragma once

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <vpcd/abi/encapsulation.h>
#include <vpcd/abi/limits.h>

#define VXLAN_FLAG_VNI 0x08
#define GENEVE_LENGTH_MASK 0x3f /* of the first byte: options in units of 4 bytes */
#define GENEVE_CONTROL 0x80     /* of the second */
#define GENEVE_CRITICAL 0x40
#define GRE_FLAG_KEY 0x2000

/* VXLAN and Geneve differ in `flags` and the port. */
struct udp_tunnel {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	__be32 flags;
	__be32 vni; /* 24 bits, then 8 reserved */
	struct ethhdr inner;
} __attribute__((packed));

struct gre_tunnel {
	struct ethhdr ethernet;
	struct iphdr ip;
	__be16 flags;
	__be16 protocol;
	__be32 key;
} __attribute__((packed));

#define UDP_TUNNEL_ROOM (sizeof(struct udp_tunnel) - sizeof(struct ethhdr))
#define GRE_TUNNEL_ROOM (sizeof(struct gre_tunnel) - sizeof(struct ethhdr))

_Static_assert(UDP_TUNNEL_ROOM == VPCD_VXLAN_OVERHEAD && UDP_TUNNEL_ROOM == VPCD_GENEVE_OVERHEAD, "tunnel overhead");
_Static_assert(GRE_TUNNEL_ROOM == VPCD_GRE_OVERHEAD, "tunnel overhead");
