/* What the virtual router says itself: who owns an address, answers to ping, ICMP errors (RFC 792, RFC 1812). */
#pragma once

#include <linux/pkt_cls.h>

#include "lib/checksum.h"
#include "lib/drop.h"
#include "lib/headers.h"

#define ICMP_QUOTE (sizeof(struct iphdr) + 8) /* what an error repeats of the packet (RFC 792) */

/* Does `address` lead to this very interface? Only asked when a packet is decided, not for each one. */
static __always_inline bool owns_address(const struct packet *p, const struct interface *interface,
					 const struct address *address)
{
	const struct endpoint_key key = {.address = *address, .vpc = interface->vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);
	const struct next_hop *next_hop;

	if (!endpoint || endpoint->flags & ENDPOINT_ROUTER)
		return false;
	next_hop = bpf_map_lookup_elem(&next_hops, &endpoint->next_hop);
	return next_hop && !next_hop->host && next_hop->interface == p->interface;
}

/* Back out of the device it came in by. */
static __always_inline enum verdict send_back(const struct packet *p, const struct interface *interface)
{
	p->context->skb.mark = VPCD_MARK;
	return bpf_redirect(interface->ifindex, 0) == TC_ACT_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
}

static __always_inline __be32 gateway_address(const struct interface *interface)
{
	const struct subnet_key key = {.vpc = interface->vpc, .subnet = interface->subnet};
	const struct subnet *subnet = bpf_map_lookup_elem(&subnets, &key);

	return subnet ? ipv4_of(&subnet->gateway) : 0;
}

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

/* Tells the sender, then drops. `type_code`: ICMP type << 8 | code; `mtu` only for fragmentation needed. */
static __noinline enum verdict refuse(struct packet *p, const struct interface *interface, enum drop_reason reason,
				      __u16 type_code, __u16 mtu)
{
	__u8 quote[ICMP_QUOTE] __attribute__((aligned(4))) = {};
	struct icmp_error *error;
	__be32 router;

	drop(p, reason);
	if (!interface || !may_be_told(p))
		return VERDICT_DROP;
	router = gateway_address(interface);
	if (!router || bpf_skb_load_bytes(&p->context->skb, sizeof(struct ethhdr), quote, ICMP_QUOTE) ||
	    bpf_skb_change_tail(&p->context->skb, sizeof(*error), 0))
		return VERDICT_DROP;
	error = packet_data(p);
	if ((void *)(error + 1) > packet_end(p))
		return VERDICT_DROP;
	fill_icmp_error(p, error, quote, router, type_code, mtu);
	trace(p, TRACE_ICMP_ERROR, type_code, mtu, bpf_ntohl(router), NULL);
	count(p, COUNTER_ICMP_ERROR);
	return send_back(p, interface);
}

#define ICMP_ERROR(type, code) ((type) << 8 | (code))

/* A packet for the virtual router itself: ping is answered in place, anything else refused. */
static __noinline enum verdict answer_as_router(struct packet *p, const struct interface *interface)
{
	const struct mac router_mac = {VPCD_ROUTER_MAC};
	struct ethhdr *ethernet = packet_data(p);
	struct iphdr *ip = (void *)(ethernet + 1);
	struct icmphdr *icmp = (void *)(ip + 1);
	__be32 swap;

	if (!interface)
		return VERDICT_DROP;
	if (p->flow.protocol != IPPROTO_ICMP || p->icmp_type != ICMP_ECHO ||
	    p->flags & (PACKET_OPTIONS | PACKET_FRAGMENT) || (void *)(icmp + 1) > packet_end(p))
		return refuse(p, interface, DROP_TO_ROUTER, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH), 0);

	__builtin_memcpy(ethernet->h_dest, &p->source_mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, &router_mac, ETH_ALEN);
	swap = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = swap;
	ip->check = checksum_replace(ip->check, bpf_htons((__u16)ip->ttl << 8), bpf_htons(64 << 8));
	ip->ttl = 64;
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = checksum_replace(icmp->checksum, bpf_htons(ICMP_ECHO << 8), 0);
	if (!icmp->checksum) /* RFC 1624, 3: a message of zeroes sums up to the other zero */
		icmp->checksum = 0xffff;
	trace(p, TRACE_ICMP_ECHO, 0, 0, 0, NULL);
	count(p, COUNTER_ROUTER_ECHO);
	return send_back(p, interface);
}
