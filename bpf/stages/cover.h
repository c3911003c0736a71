/* Puts the tunnel on: VXLAN (RFC 7348), Geneve (RFC 8926) or GRE with key (RFC 2890), as the receiver's document says.
 * The same code for XDP and TC. */
#pragma once

#include "lib/checksum.h"
#include "lib/headers.h"
#include "lib/packet.h"
#include "lib/tunnel.h"

static __always_inline __u32 tunnel_overhead(const struct host *host)
{
	return is_gre(host) ? VPCD_GRE_OVERHEAD : VPCD_VXLAN_OVERHEAD;
}

/* Explicit congestion notification crosses the tunnel (RFC 6040, normal mode). */
static __always_inline void fill_outer_ip(struct iphdr *ip, const struct packet *p, const struct host *host,
					  __u16 length, __u8 protocol)
{
	struct iphdr header = {.version = 4, .ihl = 5, .tos = p->tos & 3, .ttl = 64, .protocol = protocol};

	header.tot_len = bpf_htons(length);
	header.frag_off = bpf_htons(IP_DONT_FRAGMENT);
	header.saddr = ipv4_of(&host->source);
	header.daddr = ipv4_of(&host->address);
	header.check = ipv4_checksum(&header);
	*ip = header;
}

static __always_inline void fill_outer_ethernet(struct ethhdr *ethernet, const struct host *host)
{
	__builtin_memcpy(ethernet->h_dest, &host->destination_mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, &host->source_mac, ETH_ALEN);
	ethernet->h_proto = bpf_htons(ETH_P_IP);
}

/* Whom the receiver is to see as its neighbour, or a gateway's mark: those MACs differ in what follows VPCD_OWN_MAC_BYTES. No
 * pointer chooses between them, which would put them on the stack. */
static __always_inline void set_inner_source(const struct packet *p, struct ethhdr *inner)
{
	const struct mac router = {VPCD_ROUTER_MAC}, way_back = {VPCD_RETURN_MAC}, check = {VPCD_CHECK_MAC};
	const __u32 own = feature(OUTSIDE) ? PACKET_ROUTED | PACKET_ENTERED : PACKET_ROUTED;
	const int last = VPCD_OWN_MAC_BYTES;

	if (!(p->flags & own)) {
		__builtin_memcpy(inner->h_source, &p->source_mac, ETH_ALEN);
		return;
	}
	__builtin_memcpy(inner->h_source, &router, ETH_ALEN);
	if (feature(OUTSIDE) && p->flags & PACKET_ENTERED)
		inner->h_source[last] = p->flags & PACKET_CHECK ? check.byte[last] : way_back.byte[last];
}

/* The same marks of a tunnel without inner MACs. */
static __always_inline __u32 gre_marks(const struct packet *p, const struct next_hop *next_hop)
{
	if (is_outside(next_hop))
		return next_hop->flags & NEXT_HOP_RETURN ? VPCD_GRE_OUTSIDE | VPCD_GRE_RETURN
		       : next_hop->flags & NEXT_HOP_PASS ? VPCD_GRE_OUTSIDE | VPCD_GRE_CHECK
							 : VPCD_GRE_OUTSIDE;
	if (!feature(OUTSIDE) || !(p->flags & PACKET_ENTERED))
		return 0;
	return p->flags & PACKET_CHECK ? VPCD_GRE_RETURN | VPCD_GRE_CHECK : VPCD_GRE_RETURN;
}

static __always_inline bool push_udp_tunnel(const struct packet *p, const struct host *host,
					    const struct next_hop *next_hop)
{
	const __u64 how = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
			  BPF_F_ADJ_ROOM_ENCAP_L2(sizeof(struct ethhdr)) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
	const bool geneve = is_geneve(host);
	const __u32 length = p->length - sizeof(struct ethhdr) + UDP_TUNNEL_ROOM;
	struct udp_tunnel *outer;

	if (!context_cover(p->context, UDP_TUNNEL_ROOM, how))
		return false;
	outer = packet_data(p);
	if ((void *)(outer + 1) > packet_end(p))
		return false;
	fill_outer_ethernet(&outer->ethernet, host);
	fill_outer_ip((void *)&outer->ip, p, host, length, IPPROTO_UDP);
	outer->udp.source = p->tunnel_port;
	outer->udp.dest = geneve ? bpf_htons(VPCD_GENEVE_PORT) : bpf_htons(VPCD_VXLAN_PORT);
	outer->udp.len = bpf_htons(length - sizeof(struct iphdr));
	outer->udp.check = 0;
	outer->flags = geneve ? bpf_htonl(ETH_P_TEB) : bpf_htonl(VXLAN_FLAG_VNI << 24);
	outer->vni = bpf_htonl(p->flow.vpc << 8);
	__builtin_memcpy(outer->inner.h_dest, &next_hop->mac, ETH_ALEN);
	set_inner_source(p, &outer->inner);
	outer->inner.h_proto = bpf_htons(ETH_P_IP);
	return true;
}

static __always_inline bool push_gre_tunnel(const struct packet *p, const struct host *host,
					    const struct next_hop *next_hop)
{
	const __u64 how = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
	const __u32 length = p->length - sizeof(struct ethhdr) + GRE_TUNNEL_ROOM;
	struct gre_tunnel *outer;

	if (!context_cover(p->context, GRE_TUNNEL_ROOM, how))
		return false;
	outer = packet_data(p);
	if ((void *)(outer + 1) > packet_end(p))
		return false;
	fill_outer_ethernet(&outer->ethernet, host);
	fill_outer_ip((void *)&outer->ip, p, host, length, IPPROTO_GRE);
	outer->flags = bpf_htons(GRE_FLAG_KEY);
	outer->protocol = bpf_htons(ETH_P_IP);
	outer->key = bpf_htonl(p->flow.vpc | gre_marks(p, next_hop));
	return true;
}

/* False: the kernel has no room for the headers, and the packet is as it was. */
static __always_inline bool cover(const struct packet *p, const struct host *host, const struct next_hop *next_hop)
{
	return is_gre(host) ? push_gre_tunnel(p, host, next_hop) : push_udp_tunnel(p, host, next_hop);
}
