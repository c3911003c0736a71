/* How large a packet is on the wire. TC only. */
#pragma once

#include "stages/parse.h"

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
