/* To another host. In: p->next_hop's host; the packet as the instance sent it. VXLAN (RFC 7348), Geneve (RFC 8926) and
 * GRE with key (RFC 2890); the receiver's document chose which. */
#pragma once

#include "lib/checksum.h"
#include "lib/tunnel.h"
#include "stages/mss.h"
#include "stages/router.h"

/* Bytes of the largest IP packet on the wire: a GSO packet becomes segments of gso_size later. */
static __always_inline __u32 wire_size(const struct packet *p)
{
	const struct __sk_buff *skb = &p->context->skb;
	const void *data = packet_data(p), *end = packet_end(p);
	const struct tcphdr *tcp = data + bounded(p->l4);

	if (!skb->gso_size)
		return skb->len - p->l3;
	if (p->flow.protocol == IPPROTO_UDP)
		return p->l4 - p->l3 + sizeof(struct udphdr) + skb->gso_size;
	if ((const void *)(tcp + 1) > end)
		return 0;
	return p->l4 - p->l3 + tcp->doff * 4 + skb->gso_size;
}

/* Don't-fragment is not asked for: the virtual router does not fragment, it tells the sender (RFC 1191, as IPv6). */
static __always_inline enum verdict stage_size(struct packet *p, const struct interface *interface,
					       const struct host *host, __u32 overhead)
{
	const __u32 room = host->mtu > overhead ? host->mtu - overhead : 0;

	if (unlikely(wire_size(p) > room))
		return refuse(p, interface, DROP_TOO_BIG, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED), room);
	if (unlikely(p->tcp_flags & TCP_SYN) && clamp_mss(p, room))
		count(COUNTER_MSS_CLAMPED);
	return VERDICT_CONTINUE;
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

static __always_inline bool push_udp_tunnel(const struct packet *p, const struct host *host,
					    const struct next_hop *next_hop)
{
	const __u64 how = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
			  BPF_F_ADJ_ROOM_ENCAP_L2(sizeof(struct ethhdr)) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
	const bool geneve = host->encapsulation == ENCAPSULATION_GENEVE;
	const __u32 length = p->context->skb.len - sizeof(struct ethhdr) + UDP_TUNNEL_ROOM;
	const struct mac router = {VPCD_ROUTER_MAC};
	struct udp_tunnel *outer;

	if (bpf_skb_adjust_room(&p->context->skb, UDP_TUNNEL_ROOM, BPF_ADJ_ROOM_MAC, how))
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
	__builtin_memcpy(outer->inner.h_source, p->flags & PACKET_ROUTED ? &router : &p->source_mac, ETH_ALEN);
	outer->inner.h_proto = bpf_htons(ETH_P_IP);
	return true;
}

static __always_inline bool push_gre_tunnel(const struct packet *p, const struct host *host)
{
	const __u64 how = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
	const __u32 length = p->context->skb.len - sizeof(struct ethhdr) + GRE_TUNNEL_ROOM;
	struct gre_tunnel *outer;

	if (bpf_skb_adjust_room(&p->context->skb, GRE_TUNNEL_ROOM, BPF_ADJ_ROOM_MAC, how))
		return false;
	outer = packet_data(p);
	if ((void *)(outer + 1) > packet_end(p))
		return false;
	fill_outer_ethernet(&outer->ethernet, host);
	fill_outer_ip((void *)&outer->ip, p, host, length, IPPROTO_GRE);
	outer->flags = bpf_htons(GRE_FLAG_KEY);
	outer->protocol = bpf_htons(ETH_P_IP);
	outer->key = bpf_htonl(p->flow.vpc);
	return true;
}

/* Out of the underlay device. While the neighbour's MAC is not known the kernel asks for it and keeps the packet. */
static __always_inline enum verdict send_underlay(const struct packet *p, const struct host *host)
{
	struct bpf_redir_neigh neighbour = {.nh_family = 2 /* AF_INET */};
	long action;

	if (likely(host->flags & HOST_RESOLVED)) {
		action = bpf_redirect(host->ifindex, 0);
	} else {
		neighbour.ipv4_nh = host->gateway ? host->gateway : ipv4_of(&host->address);
		action = bpf_redirect_neigh(host->ifindex, &neighbour, sizeof(neighbour), 0);
	}
	if (action != TC_ACT_REDIRECT)
		return drop(p, DROP_KERNEL);
	count(COUNTER_ENCAPSULATED);
	return VERDICT_REDIRECT;
}

static __always_inline enum verdict stage_encapsulate(struct packet *p, const struct host *host,
						      const struct next_hop *next_hop)
{
	const bool pushed = host->encapsulation == ENCAPSULATION_GRE ? push_gre_tunnel(p, host)
								     : push_udp_tunnel(p, host, next_hop);

	return pushed ? send_underlay(p, host) : drop(p, DROP_KERNEL);
}

static __always_inline __u32 tunnel_overhead(const struct host *host)
{
	return host->encapsulation == ENCAPSULATION_GRE ? VPCD_GRE_OVERHEAD : VPCD_VXLAN_OVERHEAD;
}
