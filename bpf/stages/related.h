/* ICMP errors (RFC 792): only about a packet that has passed here. */
#pragma once

#include "lib/flows.h"
#include "stages/flow.h"

/* The ports of the quoted packet: the first 8 bytes of what follows its IP header are always there. */
static __always_inline bool quoted_ports(struct flow_key *quoted, const __u8 *at)
{
	if (quoted->protocol == IPPROTO_ICMP)
		return set_icmp_ports(quoted, at[0], *(const __be16 *)(at + 4));
	if (quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP) {
		quoted->source_port = *(const __be16 *)at;
		quoted->destination_port = *(const __be16 *)(at + 2);
	}
	return true;
}

static __always_inline bool read_quoted(const struct packet *p, struct flow_key *quoted)
{
	const void *data = packet_data(p), *end = packet_end(p);
	const struct iphdr *ip = data + bounded(p->l4 + sizeof(struct icmphdr));
	__u32 header;

	if ((const void *)(ip + 1) > end)
		return false;
	header = opaque(ip->ihl * 4); /* see parse_ipv4() */
	if (ip->version != 4 || ip->ihl < 5 || ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET) ||
	    (const void *)ip + header + 8 > end)
		return false;
	set_ipv4(&quoted->source, ip->saddr);
	set_ipv4(&quoted->destination, ip->daddr);
	quoted->protocol = ip->protocol;
	return quoted_ports(quoted, (const void *)ip + header);
}

/* The same where the packet has to be put into one piece first. */
static __always_inline bool find_quoted(const struct packet *p, struct flow_key *quoted)
{
	return read_quoted(p, quoted) || (packet_linearize(p) && read_quoted(p, quoted));
}

/* A connection whose other direction was decided last may have been approved there. */
static __always_inline bool is_known_and_approved(const struct flow_key *key, struct flow_key *reversed)
{
	const struct flow *flow = find_flow(key), *peer;

	if (!flow)
		return false;
	if (is_approved(flow))
		return true;
	peer = find_peer_of(key, flow->peer_entry, reversed);
	return peer && is_approved(peer);
}

/* Has `interface_id` sent the quoted packet (it receives the error), or could it have answered it (it sends the error)? */
static __noinline bool is_related(const struct packet *p, __u32 interface_id, bool is_sender)
{
	struct flow_key *key = &p->scratch->key;
	struct flow_key quoted = {};

	quoted.vpc = p->flow.vpc;
	quoted.entry = interface_id;
	if (!find_quoted(p, &quoted))
		return false;
	if (!is_sender)
		return is_known_and_approved(&quoted, key);
	reverse_key(key, &quoted, interface_id);
	quoted = *key;
	return is_known_and_approved(&quoted, key);
}

/* In: PACKET_ERROR or not; the sender and the receiver that are here, 0: on another host. */
static __always_inline enum verdict stage_related(struct packet *p, __u32 sender, __u32 receiver)
{
	if (likely(!(p->flags & PACKET_ERROR)))
		return VERDICT_CONTINUE;
	if ((sender && !is_related(p, sender, true)) || (receiver && !is_related(p, receiver, false)))
		return drop(p, DROP_ICMP_UNRELATED);
	trace(p, TRACE_RELATED, 0, 0, 0, NULL);
	return VERDICT_CONTINUE;
}
