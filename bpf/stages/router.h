/* What the virtual router says itself to local instances: answers to ping, and errors (RFC 792, RFC 1812). */
#pragma once

#include <linux/pkt_cls.h>

#include "stages/icmp_error.h"
#include "stages/unbalance.h"

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

/* Tells the sender, then drops. */
static __noinline enum verdict refuse(struct packet *p, const struct interface *interface, enum drop_reason reason,
				      __u16 type_code, __u16 mtu)
{
	drop(p, reason);
	if (feature(SERVICE) && p->flags & PACKET_BALANCED && !unbalance(p))
		return VERDICT_DROP;
	if (!interface || !may_be_told(p) || !become_icmp_error(p, gateway_address(interface), type_code, mtu))
		return VERDICT_DROP;
	return send_back(p, interface);
}

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
