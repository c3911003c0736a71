/* ARP is answered here, by the host, for everybody in the VPC (RFC 826). A neighbour in the sender's own subnet is
 * answered with its own MAC; the gateway and every address of another subnet with the virtual router's. */
#pragma once

#include "lib/drop.h"
#include "stages/arp.h"
#include "stages/router.h"

/* Who the sender says it is must be true; an address probe (RFC 5227) has no sender address. */
static __always_inline bool is_honest(const struct packet *p, const struct interface *interface,
				      const struct arp_ipv4 *arp)
{
	if (!is_checked(interface))
		return true;
	return same_mac(&arp->sender_mac, &interface->mac) && same_mac(&p->source_mac, &interface->mac) &&
	       (!ipv4_of(&p->flow.source) || owns_address(p, interface, &p->flow.source));
}

/* Out: the MAC that answers for `target`. False: nobody has the address. */
static __always_inline bool find_neighbour(const struct interface *interface, const struct address *target,
					   struct mac *answer)
{
	const struct endpoint_key key = {.address = *target, .vpc = interface->vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);
	const struct mac router = {VPCD_ROUTER_MAC};
	const struct next_hop *next_hop;

	if (!endpoint)
		return false;
	*answer = router;
	if (endpoint->flags & ENDPOINT_ROUTER || endpoint->subnet != interface->subnet)
		return true;
	next_hop = bpf_map_lookup_elem(&next_hops, &endpoint->next_hop);
	if (next_hop)
		*answer = next_hop->mac;
	return true;
}

static __noinline enum verdict stage_neighbour(struct packet *p, const struct interface *interface)
{
	struct arp_ipv4 *arp = arp_header(p);
	struct mac answer = {};
	__be32 sender, target;

	if (!interface)
		return VERDICT_DROP;
	if (!arp && packet_linearize(p))
		arp = arp_header(p);
	if (!arp)
		return drop(p, DROP_MALFORMED);
	__builtin_memcpy(&sender, arp->sender, sizeof(sender));
	__builtin_memcpy(&target, arp->target, sizeof(target));
	set_ipv4(&p->flow.source, sender);
	set_ipv4(&p->flow.destination, target);

	if (!is_ipv4_arp(arp) || arp->operation != bpf_htons(ARPOP_REQUEST) || !is_honest(p, interface, arp))
		return drop(p, DROP_ARP_INVALID);
	/* Announcing or probing its own address: nobody else has it, so silence is the right answer. */
	if (owns_address(p, interface, &p->flow.destination) ||
	    !find_neighbour(interface, &p->flow.destination, &answer))
		return drop(p, DROP_ARP_UNKNOWN);

	arp = arp_header(p);
	if (!arp)
		return drop(p, DROP_MALFORMED);
	write_arp_reply(p, arp, &answer);
	trace(p, TRACE_ARP_REPLY, answer.byte[0] << 8 | answer.byte[1], mac_low(&answer), 0, &p->flow.destination);
	count(p, COUNTER_ARP_REPLY);
	return send_back(p, interface);
}
