/* Out of the tunnel. stage_outer: is it ours, and where does the inner packet begin. stage_uncover: takes the tunnel
 * off. The same code for XDP and TC. */
#pragma once

#include "lib/checksum.h"
#include "lib/tunnel.h"
#include "stages/lookup.h"
#include "stages/parse.h"

/* A header we do not speak. In the encapsulation this host receives it is an error; in another it may be a tunnel of
 * the host's own, which is not our business. */
static __always_inline enum verdict not_spoken(const struct packet *p, const struct settings *host,
					       enum encapsulation encapsulation)
{
	return host->encapsulation == encapsulation ? drop(p, DROP_TUNNEL_MALFORMED) : VERDICT_PASS;
}

static __always_inline enum verdict outer_vxlan(struct packet *p, const struct settings *host, const __u8 *tunnel,
						const void *end)
{
	if ((const void *)(tunnel + 8) > end || !(tunnel[0] & VXLAN_FLAG_VNI))
		return not_spoken(p, host, ENCAPSULATION_VXLAN);
	p->flow.vpc = tunnel[4] << 16 | tunnel[5] << 8 | tunnel[6];
	p->encapsulation = ENCAPSULATION_VXLAN;
	p->l3 = UDP_TUNNEL_ROOM;
	return VERDICT_CONTINUE;
}

/* Options are skipped; one that is critical, or a control packet, is for somebody who understands it (RFC 8926, 3.5). */
static __always_inline enum verdict outer_geneve(struct packet *p, const struct settings *host, const __u8 *tunnel,
						 const void *end)
{
	if ((const void *)(tunnel + 8) > end || tunnel[0] & ~GENEVE_LENGTH_MASK ||
	    tunnel[1] & (GENEVE_CONTROL | GENEVE_CRITICAL) || tunnel[2] != ETH_P_TEB >> 8 ||
	    tunnel[3] != (ETH_P_TEB & 0xff))
		return not_spoken(p, host, ENCAPSULATION_GENEVE);
	p->flow.vpc = tunnel[4] << 16 | tunnel[5] << 8 | tunnel[6];
	p->encapsulation = ENCAPSULATION_GENEVE;
	p->l3 = UDP_TUNNEL_ROOM + (tunnel[0] & GENEVE_LENGTH_MASK) * 4;
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict outer_gre(struct packet *p, const struct settings *host,
					      const struct gre_tunnel *tunnel, const void *end)
{
	__u32 key;

	if ((const void *)(tunnel + 1) > end || tunnel->flags != bpf_htons(GRE_FLAG_KEY) ||
	    tunnel->protocol != bpf_htons(ETH_P_IP))
		return not_spoken(p, host, ENCAPSULATION_GRE);
	key = bpf_ntohl(tunnel->key);
	if (feature(OUTSIDE) && key & VPCD_GRE_OUTSIDE)
		p->flags |= key & VPCD_GRE_RETURN  ? PACKET_LEAVES | PACKET_RETURNS
			    : key & VPCD_GRE_CHECK ? PACKET_PASSED
						   : PACKET_LEAVES;
	else if (feature(OUTSIDE) && key & VPCD_GRE_RETURN)
		p->flags |= key & VPCD_GRE_CHECK ? PACKET_ENTERED | PACKET_CHECK : PACKET_ENTERED;
	if (feature(OUTSIDE))
		key &= ~(VPCD_GRE_OUTSIDE | VPCD_GRE_RETURN | VPCD_GRE_CHECK);
	if (key > VPCD_MAX_VNI)
		return not_spoken(p, host, ENCAPSULATION_GRE);
	p->flow.vpc = key;
	p->encapsulation = ENCAPSULATION_GRE;
	p->ether_type = bpf_htons(ETH_P_IP);
	p->l3 = sizeof(*tunnel);
	return VERDICT_CONTINUE;
}

/* What the inner MACs say of gateways. The instance sees the router as its neighbour. */
static __always_inline void read_gateway_marks(struct packet *p)
{
	const struct mac gateway = {VPCD_GATEWAY_MAC}, way_back = {VPCD_RETURN_MAC}, check = {VPCD_CHECK_MAC};
	const struct mac router = {VPCD_ROUTER_MAC}, passed = {VPCD_PASS_MAC};

	if (!feature(OUTSIDE))
		return;
	if (unlikely(same_mac(&p->destination_mac, &gateway)))
		p->flags |= PACKET_LEAVES;
	else if (unlikely(same_mac(&p->destination_mac, &way_back)))
		p->flags |= PACKET_LEAVES | PACKET_RETURNS;
	else if (unlikely(same_mac(&p->destination_mac, &passed)))
		p->flags |= PACKET_PASSED;
	if (unlikely(same_mac(&p->source_mac, &way_back)))
		p->flags |= PACKET_ENTERED;
	else if (unlikely(same_mac(&p->source_mac, &check)))
		p->flags |= PACKET_ENTERED | PACKET_CHECK;
	if (unlikely(p->flags & PACKET_ENTERED))
		p->source_mac = router;
}

/* VERDICT_PASS: not addressed to our tunnel endpoint, the host's own business. */
static __always_inline enum verdict stage_outer(struct packet *p, const struct settings *host)
{
	const void *data = packet_data(p), *end = packet_end(p);
	const struct udp_tunnel *outer = data;
	enum verdict verdict;

	if ((const void *)&outer->udp > end || outer->ethernet.h_proto != bpf_htons(ETH_P_IP) ||
	    outer->ip.daddr != ipv4_of(&host->vtep) || outer->ip.version != 4 || outer->ip.ihl != 5 ||
	    outer->ip.frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET))
		return VERDICT_PASS;
	p->outer_source = outer->ip.saddr;
	p->outer_tos = outer->ip.tos;
	if (feature(GRE) && outer->ip.protocol == IPPROTO_GRE)
		return outer_gre(p, host, data, end);
	if (outer->ip.protocol != IPPROTO_UDP || (const void *)&outer->flags > end)
		return VERDICT_PASS;
	if (feature(VXLAN) && outer->udp.dest == bpf_htons(VPCD_VXLAN_PORT))
		verdict = outer_vxlan(p, host, (const void *)&outer->flags, end);
	else if (feature(GENEVE) && outer->udp.dest == bpf_htons(VPCD_GENEVE_PORT))
		verdict = outer_geneve(p, host, (const void *)&outer->flags, end);
	else
		return VERDICT_PASS;
	if (verdict == VERDICT_CONTINUE && !parse_ethernet(p, p->l3) &&
	    !(packet_linearize(p) && parse_ethernet(p, p->l3)))
		return drop(p, DROP_MALFORMED);
	if (verdict == VERDICT_CONTINUE)
		read_gateway_marks(p);
	return verdict;
}

/* The underlay marked congestion: the inner packet carries the mark on (RFC 6040, 4.2). */
static __always_inline enum verdict stage_congestion(struct packet *p)
{
	struct iphdr *ip = packet_data(p) + bounded(p->l3);
	__u8 marked;

	if (likely((p->outer_tos & 3) != 3 || (p->tos & 3) == 3))
		return VERDICT_CONTINUE;
	if (!(p->tos & 3))
		return drop(p, DROP_CONGESTION);
	if ((void *)(ip + 1) > packet_end(p))
		return drop(p, DROP_MALFORMED);
	marked = ip->tos | 3;
	ip->check = checksum_replace(ip->check, bpf_htons(ip->tos), bpf_htons(marked));
	ip->tos = marked;
	return VERDICT_CONTINUE;
}

/* Leaves one Ethernet header's room before the inner IP packet. */
static __always_inline bool uncover(struct packet *p)
{
	return context_uncover(p->context, bounded(p->l3) - sizeof(struct ethhdr));
}
