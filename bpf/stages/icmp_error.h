/* ICMP errors (RFC 792) in place of the packet they are about. TC only. */
#pragma once

#include "lib/checksum.h"
#include "lib/drop.h"
#include "lib/headers.h"

#define ICMP_QUOTE (sizeof(struct iphdr) + 8) /* what an error repeats of the packet (RFC 792) */
#define ICMP_ERROR(type, code) ((type) << 8 | (code))

/* The original, minus what would make it an answer to an answer (RFC 1122, 3.2.2). */
static __always_inline bool may_be_told(const struct packet *p)
{
	const __u32 source = bpf_ntohl(ipv4_of(&p->flow.source));

	/* Multicast, class E, broadcast and loopback are no single sender (RFC 1812, 4.3.2.7). */
	if (p->flags & (PACKET_OPTIONS | PACKET_LATER_FRAGMENT) || !source || source >= 0xe0000000 ||
	    source >> 24 == 127)
		return false;
	if (p->flags & PACKET_FRAGMENT && p->flow.protocol == IPPROTO_ICMP)
		return false;
	return !(p->flow.protocol == IPPROTO_ICMP && p->flags & PACKET_UNTRACKED);
}

struct icmp_error {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct icmphdr icmp;
	__u8 quote[ICMP_QUOTE];
} __attribute__((packed));

static __always_inline void fill_icmp_error(const struct packet *p, struct icmp_error *error,
					    const __u8 quote[ICMP_QUOTE], __be32 router, __u16 type_code, __u16 mtu)
{
	const struct mac router_mac = {VPCD_ROUTER_MAC};
	__s64 sum;

	__builtin_memcpy(error->ethernet.h_dest, &p->source_mac, ETH_ALEN);
	__builtin_memcpy(error->ethernet.h_source, &router_mac, ETH_ALEN);
	error->ethernet.h_proto = bpf_htons(ETH_P_IP);

	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP};
	ip.tot_len = bpf_htons(sizeof(*error) - sizeof(error->ethernet));
	ip.saddr = router;
	ip.daddr = ipv4_of(&p->flow.source);
	ip.check = ipv4_checksum(&ip);
	error->ip = ip;

	struct icmphdr icmp = {.type = type_code >> 8, .code = type_code & 0xff};
	icmp.un.frag.mtu = bpf_htons(mtu);
	sum = bpf_csum_diff(NULL, 0, (__be32 *)&icmp, sizeof(icmp), 0);
	sum = bpf_csum_diff(NULL, 0, (__be32 *)quote, ICMP_QUOTE, sum);
	icmp.checksum = fold(sum);
	error->icmp = icmp;
	__builtin_memcpy(error->quote, quote, ICMP_QUOTE);
}

/* The packet is an Ethernet frame, and becomes one for its sender. `type_code`: ICMP type << 8 | code; `mtu` only for
 * fragmentation needed. False: it cannot. */
static __noinline bool become_icmp_error(struct packet *p, __be32 router, __u16 type_code, __u16 mtu)
{
	__u8 quote[ICMP_QUOTE] __attribute__((aligned(4))) = {};
	struct icmp_error *error;

	if (!router || bpf_skb_load_bytes(&p->context->skb, sizeof(struct ethhdr), quote, ICMP_QUOTE) ||
	    bpf_skb_change_tail(&p->context->skb, sizeof(*error), 0))
		return false;
	error = packet_data(p);
	if ((void *)(error + 1) > packet_end(p))
		return false;
	fill_icmp_error(p, error, quote, router, type_code, mtu);
	trace(p, TRACE_ICMP_ERROR, type_code, mtu, bpf_ntohl(router), NULL);
	count(p, COUNTER_ICMP_ERROR);
	return true;
}
