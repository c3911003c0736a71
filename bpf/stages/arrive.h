/* A packet of the underlay for an instance of this host. In: p->flow but for `entry`, p->outer_source.
 * Out: p->next_hop, a local one. */
#pragma once

#include <vpcd/abi/encapsulation.h>

#include "stages/decapsulate.h"
#include "stages/fragment.h"
#include "stages/judge.h"
#include "stages/lookup.h"
#include "stages/recall_served.h"
#include "stages/record.h"
#include "stages/related.h"
#include "stages/track.h"

/* What comes from the Internet comes from no host. */
static __always_inline bool is_believed(const struct packet *p, __u32 host_id)
{
	const struct host *host;

	if (feature(OUTSIDE) && p->flags & PACKET_ENTERS)
		return !host_id;
	host = bpf_map_lookup_elem(&hosts, &host_id);

	return host_id && host && ipv4_of(&host->address) == p->outer_source;
}

/* The known host that sent it, 0: a stranger. */
static __always_inline __u32 find_host(const struct packet *p)
{
	struct vtep_key key = {};
	const struct vtep *vtep;

	set_ipv4(&key.address, p->outer_source);
	vtep = bpf_map_lookup_elem(&vteps, &key);
	return vtep ? vtep->host : 0;
}

/* What comes in another encapsulation than this host receives is ours only from a host we know, which may not have
 * heard yet; from anybody else it is a tunnel of the host's own. */
static __always_inline enum verdict stage_stranger(const struct packet *p, const struct settings *host)
{
	if (is_only_encapsulation() || likely(p->encapsulation == host->encapsulation) || find_host(p))
		return VERDICT_CONTINUE;
	return VERDICT_PASS;
}

/* Taps get big packets from the kernel's own vxlan device, which keeps them whole. */
static __always_inline bool is_left_to_kernel(const struct packet *p, const struct settings *host, __u32 interface_id)
{
	const struct interface *receiver;

	if (!feature(TUNNEL_DEVICE) || p->hook != HOOK_TC_UNDERLAY || !host->tunnel_ifindex ||
	    p->encapsulation != ENCAPSULATION_VXLAN)
		return false;
	receiver = bpf_map_lookup_elem(&interfaces, &interface_id);
	return receiver && receiver->flags & INTERFACE_WHOLE_PACKETS;
}

static __always_inline __u32 station_next_hop(const struct packet *p)
{
	const struct station_key key = {.vpc = p->flow.vpc, .mac = p->destination_mac};
	const struct station *station = bpf_map_lookup_elem(&stations, &key);

	return station ? station->next_hop : 0;
}

static __always_inline bool is_local(__u32 next_hop_id)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &next_hop_id);

	return next_hop && !next_hop->host && next_hop->interface;
}

static __always_inline __u32 routed_next_hop(const struct packet *p, __u32 table)
{
	const struct route *route = find_route(p, table);

	return route && route->kind == ROUTE_INTERFACE && is_local(route->next_hop) ? route->next_hop : 0;
}

/* GRE carries no inner MAC: the address itself is here, or the route of the sender's subnet leads here, or some route
 * of the VPC does. */
static __always_inline __u32 address_next_hop(const struct packet *p, const struct vpc *vpc)
{
	struct endpoint_key key = {.address = p->flow.destination, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);
	const struct subnet *subnet;
	struct subnet_key subnet_key = {.vpc = p->flow.vpc};
	__u32 found = 0;

	if (endpoint && is_local(endpoint->next_hop))
		return endpoint->next_hop;
	key.address = p->flow.source;
	endpoint = bpf_map_lookup_elem(&endpoints, &key);
	if (endpoint) {
		subnet_key.subnet = endpoint->subnet;
		subnet = bpf_map_lookup_elem(&subnets, &subnet_key);
		if (subnet)
			found = routed_next_hop(p, subnet->route_table);
	}
	return found ? found : routed_next_hop(p, vpc->arrivals);
}

/* Does the decision still hold for this packet, and does it come from the host it came from last? NULL: no. */
static __always_inline const struct next_hop *arrival_way(const struct packet *p, const struct flow *flow)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &flow->next_hop);

	if (unlikely(!next_hop || !is_current(flow, next_hop) || next_hop->host || !is_believed(p, flow->host) ||
		     (has_ethernet(p) && !same_mac(&next_hop->mac, &p->destination_mac))))
		return NULL;
	return next_hop;
}

/* A flow that is not established yet, or that a traced packet belongs to: true, if it tells where the packet goes. */
static __always_inline bool follow_known_arrival(struct packet *p, struct flow *flow, const struct settings *host)
{
	const struct next_hop *next_hop = arrival_way(p, flow);

	if (!next_hop)
		return false;
	p->next_hop = flow->next_hop;
	if (feature(SERVICE) && flow->flags & FLOW_SERVED)
		p->flags |= PACKET_SERVED;
	if (is_traced(p))
		trace_hit(flow);
	else if (!is_left_to_kernel(p, host, next_hop->interface))
		use_flow(p, flow);
	return true;
}

/* A GRE packet names no receiver, so its flow may be the answer to what another instance has sent in this one's name. */
static __always_inline bool is_of_another(const struct packet *p, const struct flow *flow, __u32 receiver_id)
{
	return !has_ethernet(p) && flow->destination_interface && flow->destination_interface != receiver_id;
}

/* Asks everybody on the receiver's side who may object. */
static __noinline enum verdict judge_arrival(struct packet *p, struct flow *flow, __u32 receiver_id)
{
	const struct interface *receiver = bpf_map_lookup_elem(&interfaces, &receiver_id);
	enum verdict verdict;

	if (!receiver || receiver->vpc != p->flow.vpc)
		return drop(p, DROP_NOT_PLACED);
	p->interface = receiver_id; /* whom drops are about */
	p->receiver_generation = receiver->generation;
	p->epoch = rules_epoch();
	recall_receiver(p, receiver_id);
	/* There is one side here; what it has known of the connection is what its own entry says. */
	if (flow) {
		p->flags &= ~PACKET_ANSWERED;
		if (p->flags & PACKET_ANSWERS)
			p->flags |= PACKET_ANSWERED;
		if (receiver_id != flow->destination_interface)
			p->flags &= ~PACKET_APPROVED;
	}
	verdict = stage_track(p, flow, receiver_id);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_related(p, 0, receiver_id);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_acl(p, receiver, false);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_groups(p, NULL, receiver);
	return verdict;
}

/* Only known hosts are believed. */
static __always_inline enum verdict stage_peer(struct packet *p)
{
	if (feature(OUTSIDE) && p->flags & PACKET_ENTERS)
		return VERDICT_CONTINUE;
	p->host = find_host(p);
	if (!p->host)
		return drop(p, DROP_UNKNOWN_VTEP);
	trace(p, TRACE_PEER, p->host, 0, 0, NULL);
	return VERDICT_CONTINUE;
}

/* XDP does not rewrite what TCP and UDP sum up. */
static __always_inline bool is_for_tc(const struct packet *p)
{
	return feature(SERVICE) && !CONTEXT_HAS_MARK && p->flags & PACKET_SERVED;
}

static __noinline enum verdict decide_arrival(struct packet *p, const struct settings *host)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};
	const struct next_hop *next_hop;
	const struct vpc *vpc;
	enum verdict verdict;
	struct flow *flow;

	p->scratch = this_scratch();
	if (!host || !p->scratch)
		return VERDICT_PASS;
	if (!(p->flags & PACKET_ENTERS))
		trace(p, TRACE_OUTER, p->flow.vpc, p->encapsulation, bpf_ntohl(p->outer_source), NULL);
	if (is_contradictory(p))
		return drop(p, DROP_TCP_FLAGS);
	if (feature(SERVICE))
		recall_served(p);
	if (is_for_tc(p))
		return VERDICT_PASS;
	flow = recall(p);
	if (flow && !opens_tcp(p) && follow_known_arrival(p, flow, host))
		return VERDICT_CONTINUE;
	trace_miss(p);
	count(p, COUNTER_FLOW_MISS);
	verdict = stage_peer(p);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	vpc = bpf_map_lookup_elem(&vpcs, &key);
	if (!vpc)
		return drop(p, DROP_UNKNOWN_VNI);
	p->next_hop = has_ethernet(p) ? station_next_hop(p) : address_next_hop(p, vpc);
	next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	if (!p->next_hop || !next_hop || next_hop->host || !next_hop->interface)
		return drop(p, DROP_NOT_LOCAL);
	trace(p, p->flags & PACKET_ETHERNET ? TRACE_STATION : TRACE_ADDRESS, p->next_hop, 0, 0, &p->flow.destination);
	if (is_left_to_kernel(p, host, next_hop->interface)) /* it comes again, and is judged then */
		return VERDICT_CONTINUE;
	if (flow && is_of_another(p, flow, next_hop->interface))
		flow = forget_recalled(p);
	p->peer_entry = next_hop->interface;
	verdict = judge_arrival(p, flow, next_hop->interface);
	return verdict == VERDICT_CONTINUE ? stage_record(p, 0, next_hop->interface) : verdict;
}

/* One lookup for an established packet. */
static __always_inline struct flow *find_arrival(struct packet *p, const struct next_hop **next_hop)
{
	const __u32 excluded = PACKET_UNTRACKED | PACKET_TRACED | PACKET_ODD;
	struct flow *flow = p->flags & excluded ? NULL : bpf_map_lookup_elem(&flows, &p->flow);

	*next_hop = flow ? arrival_way(p, flow) : NULL;
	if (unlikely(!*next_hop || !stay_alive(flow)))
		return NULL;
	p->next_hop = flow->next_hop;
	if (feature(SERVICE) && flow->flags & FLOW_SERVED)
		p->flags |= PACKET_SERVED;
	return flow;
}

static __always_inline enum verdict stage_arrival(struct packet *p, const struct settings *host)
{
	const struct next_hop *next_hop;
	enum verdict verdict = VERDICT_CONTINUE;
	struct flow *flow;

	p->flow.entry = has_ethernet(p) ? underlay_entry(&p->destination_mac) : FLOW_ENTRY_UNDERLAY;
	if (unlikely(p->flags & PACKET_FRAGMENT))
		verdict = stage_fragment(p);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	flow = find_arrival(p, &next_hop);
	if (unlikely(!flow))
		verdict = decide_arrival(p, host);
	else if (is_for_tc(p))
		verdict = VERDICT_PASS;
	else if (!is_left_to_kernel(p, host, next_hop->interface))
		touch(p, flow);
	if (verdict == VERDICT_CONTINUE && unlikely(p->flags & PACKET_FRAGMENT))
		remember_fragment(p);
	return verdict;
}
