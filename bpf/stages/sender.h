/* A packet of a local instance: whose it is, and what is known of its flow. The same code for XDP and TC. */
#pragma once

#include "lib/checksum.h"
#include "stages/flow.h"

static __always_inline const struct interface *find_sender(struct packet *p)
{
	const struct device_key key = {.ifindex = context_ifindex(p->context)};
	const struct device *device = bpf_map_lookup_elem(&devices, &key);
	const struct interface *interface;

	if (!device)
		return NULL;
	p->interface = device->interface;
	p->flow.entry = device->interface;
	interface = bpf_map_lookup_elem(&interfaces, &p->interface);
	if (!interface || !interface->vpc)
		return NULL;
	p->flow.vpc = interface->vpc;
	return interface;
}

/* From a MAC that only our programs send from. A function of its own, to keep it out of its caller's stack. */
static __noinline bool is_from_own_mac(const struct packet *p)
{
	const struct mac router = {VPCD_ROUTER_MAC};
	__u8 different = 0;

	for (int i = 0; i < VPCD_OWN_MAC_BYTES; i++)
		different |= p->source_mac.byte[i] ^ router.byte[i];
	return !different;
}

/* Nobody sends in the name of the datapath, and who is checked only in its own. */
static __always_inline bool has_right_mac(const struct packet *p, const struct interface *interface)
{
	return is_checked(interface) ? same_mac(&p->source_mac, &interface->mac) : !is_from_own_mac(p);
}

/* What was decided for the flow holds for the packet. */
static __always_inline void take_way(struct packet *p, const struct flow *flow)
{
	p->next_hop = flow->next_hop;
	p->tunnel_port = flow->tunnel_port;
	p->host = flow->host;
	if (flow->flags & FLOW_ROUTED)
		p->flags |= PACKET_ROUTED;
	if (feature(SERVICE) && flow->flags & FLOW_SERVED)
		p->flags |= PACKET_SERVED;
	if (feature(OUTSIDE) && feature(LIMIT) && flow->flags & FLOW_CHECK)
		p->flags |= PACKET_CHECK;
}

/* Its flow, if it is established and the decision still holds. Out: p->next_hop and what else was decided. */
static __always_inline struct flow *find_departure(struct packet *p, __u32 excluded)
{
	struct flow *flow = p->flags & excluded ? NULL : bpf_map_lookup_elem(&flows, &p->flow);
	const struct next_hop *next_hop = flow ? bpf_map_lookup_elem(&next_hops, &flow->next_hop) : NULL;

	if (unlikely(!next_hop || !is_current(flow, next_hop) || !stay_alive(flow)))
		return NULL;
	take_way(p, flow);
	return flow;
}

/* The virtual router is a hop: it takes one from the time to live. `at`: offset of the inner IP header. */
static __always_inline bool decrement_ttl(const struct packet *p, __u32 at)
{
	struct iphdr *ip = packet_data(p) + at;

	if ((void *)(ip + 1) > packet_end(p))
		return false;
	ip->check = checksum_replace(ip->check, bpf_htons((__u16)ip->ttl << 8), bpf_htons((__u16)(ip->ttl - 1) << 8));
	ip->ttl--;
	return true;
}
