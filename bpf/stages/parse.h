/* From the inner IP header to the flow key. In: p->l3. Out: p->flow but for `vpc` and `entry`, p->l4, TTL, flags. */
#pragma once

#include <linux/tcp.h>
#include <linux/udp.h>

#include "lib/drop.h"
#include "lib/headers.h"

enum tcp_flags { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

static __always_inline bool is_icmp_query(__u8 type)
{
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP || type == ICMP_INFO_REQUEST || type == ICMP_ADDRESS;
}

/* What an answer answers (RFC 792, RFC 950); 0: it is none. */
static __always_inline __u8 icmp_question(__u8 type)
{
	if (type == ICMP_ECHOREPLY)
		return ICMP_ECHO;
	return type == ICMP_TIMESTAMPREPLY || type == ICMP_INFO_REPLY || type == ICMP_ADDRESSREPLY ? type - 1 : 0;
}

static __always_inline bool is_icmp_error(__u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* Query and answer are the two directions of one flow (see struct flow_key). False: neither. */
static __always_inline bool set_icmp_ports(struct flow_key *flow, __u8 type, __be16 id)
{
	const __u8 question = icmp_question(type);

	if (is_icmp_query(type)) {
		flow->source_port = id;
		flow->destination_port = bpf_htons(type);
		return true;
	}
	if (!question)
		return false;
	flow->source_port = bpf_htons(question);
	flow->destination_port = id;
	return true;
}

static __always_inline bool parse_icmp(struct packet *p, const void *at, const void *end)
{
	const struct icmphdr *icmp = at;

	if ((const void *)(icmp + 1) > end)
		return false;
	p->icmp_type = icmp->type;
	p->icmp_code = icmp->code;
	if (!set_icmp_ports(&p->flow, icmp->type, icmp->un.echo.id))
		p->flags |= is_icmp_error(icmp->type) ? PACKET_UNTRACKED | PACKET_ERROR : PACKET_UNTRACKED;
	return true;
}

static __always_inline bool parse_ports(struct packet *p, const void *at, const void *end)
{
	if (p->flow.protocol == IPPROTO_TCP) {
		const struct tcphdr *tcp = at;

		if ((const void *)(tcp + 1) > end)
			return false;
		p->flow.source_port = tcp->source;
		p->flow.destination_port = tcp->dest;
		p->tcp_flags = ((const __u8 *)tcp)[13];
		if (unlikely((p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_ACK))
			p->flags |= PACKET_ODD;
		return true;
	}
	if (p->flow.protocol == IPPROTO_UDP) {
		const struct udphdr *udp = at;

		if ((const void *)(udp + 1) > end)
			return false;
		p->flow.source_port = udp->source;
		p->flow.destination_port = udp->dest;
		return true;
	}
	if (p->flow.protocol == IPPROTO_ICMP)
		return parse_icmp(p, at, end);
	return true;
}

/* False: the headers are cut short or wrong. A length of 0 is a GSO packet beyond 64 KiB. */
static __always_inline bool parse_ipv4(struct packet *p)
{
	const void *data = packet_data(p), *end = packet_end(p);
	const struct iphdr *ip = data + bounded(p->l3);
	__u16 fragment, total;
	__u32 header;

	if ((const void *)(ip + 1) > end)
		return false;
	/* The compiler must not test it again below, under another bound: the verifier of 6.1 then loses the pointer. */
	header = opaque(ip->ihl * 4);
	total = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || ip->ihl < 5)
		return false;
	if (total && (total < header || total > p->length - p->l3))
		return false;

	fragment = bpf_ntohs(ip->frag_off);
	set_ipv4(&p->flow.source, ip->saddr);
	set_ipv4(&p->flow.destination, ip->daddr);
	p->flow.protocol = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->l4 = p->l3 + header;
	if (ip->ihl > 5)
		p->flags |= PACKET_OPTIONS;
	if (fragment & IP_FRAGMENT_OFFSET)
		p->flags |= PACKET_LATER_FRAGMENT;
	if (fragment & (IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET)) {
		p->flags |= PACKET_FRAGMENT;
		p->ip_id = ip->id;
	}
	if (!(fragment & IP_FRAGMENT_OFFSET))
		return parse_ports(p, (const void *)ip + header, end);
	/* It would change flags the first one was judged by (RFC 3128). */
	return p->flow.protocol != IPPROTO_TCP || (fragment & IP_FRAGMENT_OFFSET) != 1;
}

/* The Ethernet header before the inner IP packet. In: `at`, its offset. */
static __always_inline bool parse_ethernet(struct packet *p, __u32 at)
{
	const void *data = packet_data(p), *end = packet_end(p);
	const struct ethhdr *ethernet = data + bounded(at);

	if ((const void *)(ethernet + 1) > end)
		return false;
	__builtin_memcpy(&p->destination_mac, ethernet->h_dest, ETH_ALEN);
	__builtin_memcpy(&p->source_mac, ethernet->h_source, ETH_ALEN);
	p->ether_type = ethernet->h_proto;
	p->flags |= PACKET_ETHERNET;
	p->l3 = at + sizeof(*ethernet);
	return true;
}

/* Limited broadcast and 224.0.0.0/4. */
static __always_inline bool is_multicast(const struct packet *p)
{
	const __be32 destination = ipv4_of(&p->flow.destination);

	return (destination & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || destination == bpf_htonl(0xffffffff);
}

static __always_inline enum verdict stage_parse(struct packet *p)
{
	if (p->ether_type == bpf_htons(ETH_P_IPV6))
		return drop(p, DROP_IPV6);
	if (p->ether_type != bpf_htons(ETH_P_IP))
		return drop(p, DROP_NOT_IP);
	if (unlikely(!parse_ipv4(p)) && !(packet_linearize(p) && parse_ipv4(p)))
		return drop(p, DROP_MALFORMED);
	if (unlikely(is_multicast(p)))
		return drop(p, DROP_MULTICAST);
	return VERDICT_CONTINUE;
}
