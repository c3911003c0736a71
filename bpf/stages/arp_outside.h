/* ARP for public addresses on the external segment. TC only. */
#pragma once

#include "lib/drop.h"
#include "stages/arp.h"

/* Who asks for a public address that is announced here gets the external device's own MAC (RFC 826). */
static __always_inline enum verdict answer_outside(struct packet *p, const struct settings *host)
{
	struct arp_ipv4 *arp = arp_header(p);
	const struct public_address *wanted;
	struct public_key key = {};
	__be32 target;

	if (!arp && packet_linearize(p))
		arp = arp_header(p);
	if (!arp || !is_ipv4_arp(arp) || arp->operation != bpf_htons(ARPOP_REQUEST) ||
	    context_ifindex(p->context) != host->external_ifindex)
		return VERDICT_PASS;
	__builtin_memcpy(&target, arp->target, sizeof(target));
	set_ipv4(&key.address, target);
	wanted = bpf_map_lookup_elem(&publics, &key);
	if (!wanted || !(wanted->flags & PUBLIC_ANNOUNCED))
		return VERDICT_PASS;
	arp = arp_header(p);
	if (!arp)
		return VERDICT_PASS;
	write_arp_reply(p, arp, &host->external_mac);
	count(p, COUNTER_ARP_REPLY);
	return bpf_redirect(host->external_ifindex, 0) == TC_ACT_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
}
