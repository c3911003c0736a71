/* A packet of the underlay for an instance of this host. In: p->flow but for `entry`, p->outer_source.
 * Out: p->next_hop, a local one. */
#pragma once

#include <vpcd/abi/encapsulation.h>

#include "stages/decapsulate.h"
#include "stages/flow.h"
#include "stages/lookup.h"

static __always_inline bool is_believed(const struct packet *p, __u32 host_id)
{
	const struct host *host = bpf_map_lookup_elem(&hosts, &host_id);

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

/* Its flow if the decision still holds, and it comes from the host it came from last. */
static __always_inline struct flow *find_arrival(struct packet *p, __u16 excluded, const struct next_hop **found)
{
	struct flow *flow = p->flags & excluded ? NULL : bpf_map_lookup_elem(&flows, &p->flow);
	const struct next_hop *next_hop = NULL;

	if (flow) {
		p->flags |= PACKET_KNOWN;
		next_hop = bpf_map_lookup_elem(&next_hops, &flow->next_hop);
	}
	if (unlikely(!next_hop || !is_current(flow, next_hop) || next_hop->host || !is_believed(p, flow->host) ||
		     (has_ethernet(p) && !same_mac(&next_hop->mac, &p->destination_mac))))
		return NULL;
	p->next_hop = flow->next_hop;
	*found = next_hop;
	return flow;
}

/* A traced packet comes to be decided even if its flow is known: false, it is not. */
static __always_inline bool trace_known_arrival(struct packet *p)
{
	const struct next_hop *next_hop;
	const struct flow *flow = find_arrival(p, PACKET_UNTRACKED | PACKET_FRESH, &next_hop);

	trace(p, TRACE_OUTER, p->flow.vpc, p->encapsulation, bpf_ntohl(p->outer_source), NULL);
	if (!flow)
		return false;
	trace_hit(flow);
	return true;
}

static __noinline enum verdict decide_arrival(struct packet *p, const struct settings *host)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};
	const struct next_hop *next_hop;
	const struct vpc *vpc;

	if (!host)
		return VERDICT_PASS;
	if (is_traced(p) && trace_known_arrival(p))
		return VERDICT_CONTINUE;
	trace_miss(p);
	count(p, COUNTER_FLOW_MISS);
	p->host = find_host(p);
	if (!p->host) /* only known hosts are believed */
		return drop(p, DROP_UNKNOWN_VTEP);
	trace(p, TRACE_PEER, p->host, 0, 0, NULL);
	vpc = bpf_map_lookup_elem(&vpcs, &key);
	if (!vpc)
		return drop(p, DROP_UNKNOWN_VNI);
	p->next_hop = has_ethernet(p) ? station_next_hop(p) : address_next_hop(p, vpc);
	next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	if (!p->next_hop || !next_hop || next_hop->host || !next_hop->interface)
		return drop(p, DROP_NOT_LOCAL);
	trace(p, p->flags & PACKET_ETHERNET ? TRACE_STATION : TRACE_ADDRESS, p->next_hop, 0, 0, &p->flow.destination);
	p->peer_entry = next_hop->interface;
	if (!is_left_to_kernel(p, host, next_hop->interface))
		record_flow(p, 0, next_hop->interface);
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict stage_arrival(struct packet *p, const struct settings *host)
{
	const struct next_hop *next_hop;
	struct flow *flow;

	p->flow.entry = has_ethernet(p) ? underlay_entry(&p->destination_mac) : FLOW_ENTRY_UNDERLAY;
	flow = find_arrival(p, PACKET_UNTRACKED | PACKET_TRACED, &next_hop);
	if (unlikely(!flow))
		return decide_arrival(p, host);
	if (!is_left_to_kernel(p, host, next_hop->interface))
		touch(p, flow);
	return VERDICT_CONTINUE;
}
