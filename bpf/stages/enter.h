/* Into a VPC: a packet of the Internet for a public address that is served here. The private address it stands for is an
 * instance of this host, whose rules are asked here, or of another one, which asks them. */
#pragma once

#include "stages/arp_outside.h"
#include "stages/arrive.h"
#include "stages/encapsulate.h"
#include "stages/forward.h"
#include "stages/icmp_error.h"
#include "stages/leave.h"
#include "stages/mss.h"
#include "stages/refuse_outside.h"
#include "stages/sender.h"
#include "stages/size.h"

/* NULL: the packet is the host's own business. */
static __always_inline const struct public_address *find_public(const struct packet *p)
{
	const struct iphdr *ip = packet_data(p) + sizeof(struct ethhdr);
	struct public_key key = {};

	if ((const void *)(ip + 1) > packet_end(p))
		return NULL;
	set_ipv4(&key.address, ip->daddr);
	return bpf_map_lookup_elem(&publics, &key);
}

/* From here on it is an inner packet, from the virtual router. */
static __noinline enum verdict translate_in(struct packet *p, const struct replacement *to)
{
	const struct address was = p->flow.destination;

	if (!to)
		return VERDICT_DROP;
	if (stage_public_limit(p, to->id, false) != VERDICT_CONTINUE)
		return VERDICT_DROP;
	count_public_received(p, to->id);
	if (to->port)
		trace(p, TRACE_FORWARD_DESTINATION, to->vpc, bpf_ntohs(to->port), 0, &to->address);
	else
		trace(p, TRACE_TRANSLATE_DESTINATION, to->vpc, 0, 0, &to->address);
	if (!decrement_ttl(p, sizeof(struct ethhdr)))
		return drop(p, DROP_MALFORMED);
	if (!rewrite_address(p, IP_DESTINATION, &to->address) ||
	    (to->port && !(p->flags & PACKET_ERROR) && !rewrite_port(p, IP_DESTINATION, to->port)))
		return drop(p, DROP_KERNEL);
	if (p->flags & PACKET_ERROR && !rewrite_quoted_address(p, IP_SOURCE, &was, &to->address))
		return drop(p, DROP_KERNEL);
	p->flags |= PACKET_ROUTED;
	return VERDICT_CONTINUE;
}

/* To an instance of this host: what follows is the same as if a tunnel had brought it. */
static __always_inline enum verdict enter_here(struct packet *p, const struct replacement *to,
					       const struct next_hop *next_hop)
{
	const struct mac router = {VPCD_ROUTER_MAC};

	p->destination_mac = next_hop->mac;
	p->source_mac = router;
	return translate_in(p, to);
}

/* Can it be reached, and does its tunnel carry the packet? */
static __always_inline enum verdict stage_room(struct packet *p, const struct settings *self, const struct host *host)
{
	__u32 room;

	if (!host || !(host->flags & HOST_REACHABLE))
		return refuse_outside(p, self, DROP_NO_UNDERLAY, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH), 0);
	room = host->mtu > tunnel_overhead(host) ? host->mtu - tunnel_overhead(host) : 0;
	if (wire_size(p) > room)
		return refuse_outside(p, self, DROP_TOO_BIG, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED), room);
	if (unlikely(p->tcp_flags & TCP_SYN) && clamp_mss(p, room))
		count(p, COUNTER_MSS_CLAMPED);
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict enter_there(struct packet *p, const struct settings *self,
						const struct replacement *to, const struct next_hop *next_hop)
{
	const struct host *host = bpf_map_lookup_elem(&hosts, &next_hop->host);
	enum verdict verdict = stage_room(p, self, host);

	if (verdict == VERDICT_CONTINUE)
		verdict = translate_in(p, to);
	if (verdict != VERDICT_CONTINUE || !host)
		return verdict;
	if (!(p->flags & PACKET_CHECK))
		count(p, COUNTER_TRANSLATED_IN);
	p->tunnel_port = tunnel_port(p);
	return stage_encapsulate(p, host, next_hop->host, next_hop);
}

/* As it came, to the host that has its port. In: p->next_hop. */
static __noinline enum verdict pass_on(struct packet *p, const struct settings *self)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	const struct mac router = {VPCD_ROUTER_MAC};
	const struct host *host;
	enum verdict verdict;

	if (!self || !next_hop || !(next_hop->flags & NEXT_HOP_PASS))
		return drop(p, DROP_NO_TRANSLATION);
	host = bpf_map_lookup_elem(&hosts, &next_hop->host);
	verdict = stage_room(p, self, host);
	if (verdict != VERDICT_CONTINUE || !host)
		return verdict;
	p->flow.vpc = next_hop->vpc;
	p->source_mac = router;
	p->tunnel_port = tunnel_port(p);
	if (!count(p, COUNTER_PASSED_ON))
		trace(p, TRACE_PASS, next_hop->host, 0, 0, NULL);
	return stage_encapsulate(p, host, next_hop->host, next_hop);
}

/* In: p->scratch->replacement. */
static __noinline enum verdict enter(struct packet *p, const struct settings *host)
{
	struct endpoint_key key = {};
	const struct replacement *to;
	const struct endpoint *endpoint;
	const struct next_hop *next_hop;

	if (!host || !p->scratch)
		return VERDICT_DROP;
	to = &p->scratch->replacement;
	key.address = to->address;
	key.vpc = to->vpc;
	endpoint = bpf_map_lookup_elem(&endpoints, &key);
	next_hop = endpoint ? bpf_map_lookup_elem(&next_hops, &endpoint->next_hop) : NULL;
	if (!next_hop || next_hop->vpc != to->vpc)
		return refuse_outside(p, host, DROP_NO_ENDPOINT, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH), 0);
	p->next_hop = endpoint->next_hop;
	if (to->port && !(p->flags & PACKET_ERROR))
		p->flags |= PACKET_ENTERED;
	if (p->ttl <= 1)
		return refuse_outside(p, host, DROP_TTL_EXCEEDED, ICMP_ERROR(ICMP_TIME_EXCEEDED, ICMP_EXC_TTL), 0);
	return next_hop->host ? enter_there(p, host, to, next_hop) : enter_here(p, to, next_hop);
}

/* A fragment's ports are those of the first one, as it came. */
static __always_inline enum verdict find_inside(struct packet *p, const struct settings *host,
						const struct public_address *to)
{
	enum verdict verdict = VERDICT_CONTINUE;

	if (unlikely(p->flags & PACKET_FRAGMENT))
		verdict = stage_fragment(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_inside(p, host, to);
	if (verdict == VERDICT_CONTINUE && unlikely(p->flags & PACKET_FRAGMENT))
		remember_fragment(p);
	return verdict;
}

/* Out: p->scratch->replacement, or PACKET_PASSES. */
static __always_inline enum verdict find_private(struct packet *p, const struct settings *host,
						 const struct public_address *to)
{
	struct replacement *replacement;

	p->scratch = this_scratch();
	if (!p->scratch)
		return VERDICT_DROP;
	if (feature(NAT) && !(to->flags & PUBLIC_WHOLE))
		return find_inside(p, host, to);
	replacement = &p->scratch->replacement;
	replacement->address = to->private_address;
	replacement->vpc = to->vpc;
	replacement->id = to->id;
	replacement->port = 0;
	return VERDICT_CONTINUE;
}

/* VERDICT_PASS: for nobody here, the host's own. VERDICT_CONTINUE: for an instance of this host. */
static __always_inline enum verdict stage_enter(struct packet *p, const struct settings *host)
{
	const struct public_address *to;
	enum verdict verdict;

	if (!feature(OUTSIDE) || !host->external_ifindex || !parse_ethernet(p, 0))
		return VERDICT_PASS;
	if (p->ether_type == bpf_htons(ETH_P_ARP))
		return answer_outside(p, host);
	if (p->ether_type != bpf_htons(ETH_P_IP))
		return VERDICT_PASS;
	to = find_public(p);
	if (!to)
		return VERDICT_PASS;
	p->flags |= PACKET_ENTERS;
	p->outer_source = 0;
	p->flow.vpc = to->vpc;
	verdict = stage_parse(p);
	if (verdict == VERDICT_CONTINUE && host->check_ifindex && ipv4_of(&p->flow.source) == host->check_address)
		return drop(p, DROP_CHECK_SOURCE); /* answers would go astray */
	if (verdict == VERDICT_CONTINUE)
		verdict = find_private(p, host, to);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	return feature(NAT) && p->flags & PACKET_PASSES ? pass_on(p, host) : enter(p, host);
}
