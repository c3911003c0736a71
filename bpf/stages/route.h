/* Where a packet of a local instance goes. Only for the first packet of a flow.
 * In: p->flow, the sender. Out: p->next_hop, PACKET_ROUTED. */
#pragma once

#include "stages/lookup.h"
#include "stages/router.h"

/* Only its own addresses may be a sender's source, unless it routes for others. */
static __always_inline enum verdict stage_source(struct packet *p, const struct interface *interface)
{
	if (is_checked(interface) && !owns_address(p, interface, &p->flow.source))
		return drop(p, DROP_SOURCE_ADDRESS);
	trace(p, TRACE_SOURCE, interface->flags & INTERFACE_SOURCE_CHECK, 0, 0, &p->flow.source);
	return VERDICT_CONTINUE;
}

/* Destination inside one of the VPC's subnets: it must be somebody's address. Within the sender's own subnet the
 * packet does not cross the virtual router. */
static __always_inline enum verdict route_to_subnet(struct packet *p, const struct interface *interface)
{
	const struct endpoint_key key = {.address = p->flow.destination, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);

	if (!endpoint)
		return refuse(p, interface, DROP_NO_ENDPOINT, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH), 0);
	if (endpoint->flags & ENDPOINT_ROUTER) {
		trace(p, TRACE_ROUTER, 0, 0, 0, &p->flow.destination);
		return answer_as_router(p, interface);
	}
	trace(p, TRACE_ENDPOINT, endpoint->subnet, 0, endpoint->next_hop, &p->flow.destination);
	if (endpoint->subnet != interface->subnet)
		p->flags |= PACKET_ROUTED;
	p->next_hop = endpoint->next_hop;
	return VERDICT_CONTINUE;
}

/* Who serves the public address of the sender. */
static __always_inline __u32 find_outside(const struct packet *p)
{
	const struct endpoint_key key = {.address = p->flow.source, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = feature(OUTSIDE) ? bpf_map_lookup_elem(&endpoints, &key) : NULL;

	return endpoint ? endpoint->outside : 0;
}

static __always_inline enum verdict leave_by(struct packet *p, __u32 next_hop)
{
	trace(p, TRACE_LEAVE, 0, 0, next_hop, NULL);
	p->flags |= PACKET_ROUTED;
	p->next_hop = next_hop;
	return VERDICT_CONTINUE;
}

/* No route takes it: it leaves the VPC, or nobody takes it. */
static __always_inline enum verdict route_outside(struct packet *p, const struct interface *interface)
{
	const __u32 next_hop = find_outside(p);

	if (!next_hop)
		return refuse(p, interface, DROP_NO_ROUTE, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_NET_UNREACH), 0);
	return leave_by(p, next_hop);
}

/* The sender's own public address wins. */
static __always_inline enum verdict route_to_gateway(struct packet *p, const struct route *route)
{
	const __u32 own = find_outside(p);

	return leave_by(p, own ? own : route->next_hop);
}

/* Longest prefix decides. A VPC has no default route of its own, so a miss is not
 * the kernel's business. */
static __always_inline enum verdict stage_route(struct packet *p, const struct interface *interface)
{
	const struct subnet_key key = {.vpc = interface->vpc, .subnet = interface->subnet};
	const struct subnet *subnet = bpf_map_lookup_elem(&subnets, &key);
	const struct route *route = subnet ? find_route(p, subnet->route_table) : NULL;

	trace(p, TRACE_ROUTE, subnet ? subnet->route_table : 0, route ? route->kind : ROUTE_NONE,
	      route ? route->next_hop : 0, &p->flow.destination);
	if (!route)
		return route_outside(p, interface);
	switch (route->kind) {
	case ROUTE_SUBNET:
		return route_to_subnet(p, interface);
	case ROUTE_INTERFACE:
		p->flags |= PACKET_ROUTED;
		p->next_hop = route->next_hop;
		return VERDICT_CONTINUE;
	case ROUTE_NAT_GATEWAY:
		return route_to_gateway(p, route);
	case ROUTE_BLACKHOLE:
		return drop(p, DROP_BLACKHOLE);
	default:
		return refuse(p, interface, DROP_NO_SERVICE, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_NET_UNREACH), 0);
	}
}
