/* Other addresses and ports in a packet, and what its checksums make of them (RFC 1624). TC only: the kernel knows whether
 * the checksum of a packet is still to be made. */
#pragma once

#include <linux/tcp.h>
#include <linux/udp.h>

#include "lib/headers.h"
#include "lib/packet.h"

enum ip_side { IP_SOURCE, IP_DESTINATION };

static __always_inline __u32 address_offset(enum ip_side side)
{
	return side == IP_SOURCE ? __builtin_offsetof(struct iphdr, saddr) : __builtin_offsetof(struct iphdr, daddr);
}

/* The address is part of what the checksums of TCP and UDP cover (RFC 9293, 3.1; RFC 768), if they are in this packet. */
static __always_inline long fix_transport_checksum(const struct packet *p, __be32 from, __be32 to)
{
	const __u64 pseudo = BPF_F_PSEUDO_HDR | sizeof(to);
	const __u32 at = bounded(p->l4);

	if (p->flags & PACKET_LATER_FRAGMENT)
		return 0;
	if (p->flow.protocol == IPPROTO_TCP)
		return bpf_l4_csum_replace(&p->context->skb, at + __builtin_offsetof(struct tcphdr, check), from, to,
					   pseudo);
	if (p->flow.protocol == IPPROTO_UDP)
		return bpf_l4_csum_replace(&p->context->skb, at + __builtin_offsetof(struct udphdr, check), from, to,
					   pseudo | BPF_F_MARK_MANGLED_0);
	return 0;
}

/* One address of the IP header at `at`, with that header's own checksum: their sum stays what it was, so a checksum around
 * both is still right. */
static __always_inline bool replace_address(const struct packet *p, __u32 at, enum ip_side side, __be32 from,
					    __be32 to)
{
	struct __sk_buff *skb = &p->context->skb;

	return !bpf_l3_csum_replace(skb, at + __builtin_offsetof(struct iphdr, check), from, to, sizeof(to)) &&
	       !bpf_skb_store_bytes(skb, at + address_offset(side), &to, sizeof(to), 0);
}

/* False: the kernel would not. In: p->flow as the packet is. Out: p->flow with the new address. */
static __always_inline bool rewrite_address(struct packet *p, enum ip_side side, const struct address *to)
{
	struct address *held = side == IP_SOURCE ? &p->flow.source : &p->flow.destination;
	const __be32 from_ipv4 = ipv4_of(held), to_ipv4 = ipv4_of(to);

	if (fix_transport_checksum(p, from_ipv4, to_ipv4) ||
	    !replace_address(p, bounded(p->l3), side, from_ipv4, to_ipv4))
		return false;
	*held = *to;
	return true;
}

static __always_inline __u32 port_offset(__u8 protocol, enum ip_side side)
{
	if (protocol == IPPROTO_ICMP)
		return __builtin_offsetof(struct icmphdr, un.echo.id);
	return side == IP_SOURCE ? __builtin_offsetof(struct udphdr, source)
				 : __builtin_offsetof(struct udphdr, dest);
}

/* Of the packet's own transport header at p->l4; UDP without a checksum stays so (RFC 768). */
static __always_inline long fix_port_checksum(const struct packet *p, __be16 from, __be16 to)
{
	struct __sk_buff *skb = &p->context->skb;
	const __u32 at = bounded(p->l4);

	if (p->flow.protocol == IPPROTO_TCP)
		return bpf_l4_csum_replace(skb, at + __builtin_offsetof(struct tcphdr, check), from, to, sizeof(to));
	if (p->flow.protocol == IPPROTO_UDP)
		return bpf_l4_csum_replace(skb, at + __builtin_offsetof(struct udphdr, check), from, to,
					   sizeof(to) | BPF_F_MARK_MANGLED_0);
	return bpf_l4_csum_replace(skb, at + __builtin_offsetof(struct icmphdr, checksum), from, to, sizeof(to));
}

/* A port of TCP or UDP, or the identifier of an ICMP query and its answer. False: the kernel would not. In and out: as
 * rewrite_address(). */
static __always_inline bool rewrite_port(struct packet *p, enum ip_side side, __be16 to)
{
	__be16 *held = side == IP_SOURCE ? &p->flow.source_port : &p->flow.destination_port;
	const __be16 from = *held;

	*held = to;
	if (from == to || p->flags & PACKET_LATER_FRAGMENT)
		return true;
	return !fix_port_checksum(p, from, to) &&
	       !bpf_skb_store_bytes(&p->context->skb, bounded(p->l4) + port_offset(p->flow.protocol, side), &to,
				    sizeof(to), 0);
}

/* An ICMP error repeats the packet it is about, whose other side is the one that is translated (RFC 5508, 4.2). What is
 * quoted of its TCP or UDP checksum stays: nobody looks at it. */
static __always_inline bool rewrite_quoted_address(const struct packet *p, enum ip_side side,
						   const struct address *from, const struct address *to)
{
	const __u32 at = bounded(p->l4 + sizeof(struct icmphdr));
	__be32 quoted;

	if (bpf_skb_load_bytes(&p->context->skb, at + address_offset(side), &quoted, sizeof(quoted)) ||
	    quoted != ipv4_of(from))
		return true; /* about another packet: whoever gets it will see that */
	return replace_address(p, at, side, quoted, ipv4_of(to));
}

/* The same of its port: the error's own checksum covers what it quotes. `protocol`: of the quoted packet. */
static __always_inline bool rewrite_quoted_port(const struct packet *p, enum ip_side side, __u8 protocol, __be16 from,
						__be16 to)
{
	struct __sk_buff *skb = &p->context->skb;
	const __u32 at = bounded(p->l4 + sizeof(struct icmphdr));
	__u8 first;

	if (from == to)
		return true;
	if (bpf_skb_load_bytes(skb, at, &first, sizeof(first)))
		return false;
	return !bpf_l4_csum_replace(skb, bounded(p->l4) + __builtin_offsetof(struct icmphdr, checksum), from, to,
				    sizeof(to)) &&
	       !bpf_skb_store_bytes(skb, at + (first & 0xf) * 4 + port_offset(protocol, side), &to, sizeof(to), 0);
}
