/* To another host, from TC. In: p->next_hop's host; the packet as the instance sent it. */
#pragma once

#include "stages/cover.h"
#include "stages/mss.h"
#include "stages/router.h"

/* Bytes of the largest IP packet on the wire: a GSO packet becomes segments of gso_size later. */
static __always_inline __u32 wire_size(const struct packet *p)
{
	const struct __sk_buff *skb = &p->context->skb;
	const void *data = packet_data(p), *end = packet_end(p);
	const struct tcphdr *tcp = data + bounded(p->l4);

	if (!skb->gso_size)
		return p->length - p->l3;
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

	if (unlikely(wire_size(p) > room)) {
		trace(p, TRACE_SIZE, p->length - p->l3, room, 0, NULL);
		return refuse(p, interface, DROP_TOO_BIG, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED), room);
	}
	if (unlikely(p->tcp_flags & TCP_SYN) && clamp_mss(p, room))
		count(p, COUNTER_MSS_CLAMPED);
	return VERDICT_CONTINUE;
}

/* Out of the underlay device. While the neighbour's MAC is not known the kernel asks for it and keeps the packet. */
static __always_inline enum verdict send_underlay(const struct packet *p, const struct host *host, __u32 host_id)
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
	if (!count(p, COUNTER_ENCAPSULATED)) {
		trace(p, TRACE_SIZE, p->length - p->l3, host->mtu - tunnel_overhead(host), 0, NULL);
		trace(p, TRACE_UNDERLAY, host_id, host->ifindex, host->flags & HOST_RESOLVED, &host->address);
	}
	return VERDICT_REDIRECT;
}

static __always_inline enum verdict stage_encapsulate(struct packet *p, const struct host *host,
						      const struct next_hop *next_hop)
{
	return cover(p, host, next_hop) ? send_underlay(p, host, next_hop->host) : drop(p, DROP_KERNEL);
}
