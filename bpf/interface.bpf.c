/* TC on an instance's device: what the instance sends, and the guard over what may be sent to it. */
#include <linux/pkt_cls.h>

#include "lib/context_skb.h"

#include "maps.h"
#include "stages/begin.h"
#include "stages/deliver.h"
#include "stages/encapsulate.h"
#include "stages/flow.h"
#include "stages/neighbour.h"
#include "stages/parse.h"
#include "stages/route.h"
#include "stages/router.h"
#include "stages/sender.h"

/* How the answer will enter: by the receiver's device, or out of the tunnel for the sender's MAC. */
static __always_inline __u32 answer_entry(const struct next_hop *next_hop, const struct interface *interface)
{
	const __u32 zero = 0;
	const struct settings *now = bpf_map_lookup_elem(&settings, &zero);

	if (!next_hop->host)
		return next_hop->interface;
	if (feature(GRE) && now && now->encapsulation == ENCAPSULATION_GRE)
		return FLOW_ENTRY_UNDERLAY;
	return underlay_entry(&interface->mac);
}

static __always_inline void trace_next_hop(const struct packet *p)
{
	add_step(TRACE_NEXT_HOP, p->next_hop, p->ttl, p->flags & PACKET_ROUTED, NULL);
}

/* A traced packet comes here even if its flow is known: false, it is not. */
static __always_inline bool trace_known(const struct packet *p, const struct flow *flow)
{
	if (!flow)
		return false;
	trace_hit(flow);
	trace_next_hop(p);
	return true;
}

/* The first packet of a flow, or one whose flow was decided under other settings. */
static __noinline enum verdict decide(struct packet *p, const struct interface *interface)
{
	const struct next_hop *next_hop;
	enum verdict verdict;

	if (!interface)
		return VERDICT_DROP;
	if (is_traced(p) && trace_known(p, find_departure(p, PACKET_UNTRACKED | PACKET_FRESH)))
		return VERDICT_CONTINUE;
	trace_miss(p);
	count(p, COUNTER_FLOW_MISS);
	verdict = stage_source(p, interface);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_route(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;

	next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	if (!next_hop || next_hop->vpc != p->flow.vpc)
		return drop(p, DROP_NOT_PLACED);
	p->tunnel_port = tunnel_port(p);
	p->peer_entry = answer_entry(next_hop, interface);
	record_flow(p, p->interface, next_hop->host ? 0 : next_hop->interface);
	if (unlikely(is_traced(p)))
		trace_next_hop(p);
	return VERDICT_CONTINUE;
}

/* One lookup for an established packet; a miss decides. */
static __always_inline enum verdict stage_flow(struct packet *p, const struct interface *interface)
{
	struct flow *flow = find_departure(p, PACKET_UNTRACKED | PACKET_TRACED);

	if (unlikely(!flow))
		return decide(p, interface);
	touch(p, flow);
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict stage_hop(struct packet *p, const struct interface *interface)
{
	if (!(p->flags & PACKET_ROUTED))
		return VERDICT_CONTINUE;
	if (unlikely(p->ttl <= 1))
		return refuse(p, interface, DROP_TTL_EXCEEDED, ICMP_ERROR(ICMP_TIME_EXCEEDED, ICMP_EXC_TTL), 0);
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict send_here(struct packet *p, const struct next_hop *next_hop)
{
	const struct interface *receiver = bpf_map_lookup_elem(&interfaces, &next_hop->interface);
	const struct mac router = {VPCD_ROUTER_MAC};

	if (!receiver || !next_hop->interface || receiver->vpc != p->flow.vpc || !receiver->ifindex)
		return drop(p, DROP_NOT_PLACED);
	if (!write_ethernet(p, &next_hop->mac, p->flags & PACKET_ROUTED ? &router : &p->source_mac))
		return drop(p, DROP_MALFORMED);
	count_received(p, next_hop->interface, p->length);
	if (!count(p, COUNTER_DELIVERED_LOCAL))
		trace_delivery(p, next_hop->interface);
	return deliver(p, receiver);
}

static __always_inline enum verdict act(struct packet *p, const struct interface *interface)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	const struct host *host;
	enum verdict verdict;

	if (!next_hop)
		return drop(p, DROP_NOT_PLACED);
	verdict = stage_hop(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (!next_hop->host) {
		if (p->flags & PACKET_ROUTED && !decrement_ttl(p, sizeof(struct ethhdr)))
			return drop(p, DROP_MALFORMED);
		return send_here(p, next_hop);
	}

	host = bpf_map_lookup_elem(&hosts, &next_hop->host);
	if (!host || !(host->flags & HOST_REACHABLE))
		return refuse(p, interface, DROP_NO_UNDERLAY, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH), 0);
	verdict = stage_size(p, interface, host, tunnel_overhead(host));
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (p->flags & PACKET_ROUTED && !decrement_ttl(p, sizeof(struct ethhdr)))
		return drop(p, DROP_MALFORMED);
	return stage_encapsulate(p, host, next_hop);
}

static __always_inline enum verdict walk(struct packet *p)
{
	const struct interface *interface = find_sender(p);
	enum verdict verdict;

	if (!interface)
		return drop(p, DROP_UNKNOWN_DEVICE);
	if (!count_sent(p, p->interface))
		trace(p, TRACE_SENDER, p->interface, p->flow.vpc, interface->flags & INTERFACE_SOURCE_CHECK, NULL);
	if (!parse_ethernet(p, 0) && !(packet_linearize(p) && parse_ethernet(p, 0)))
		return drop(p, DROP_MALFORMED);
	if (is_tagged(&p->context->skb))
		return drop(p, DROP_NOT_IP);
	if (p->ether_type == bpf_htons(ETH_P_ARP))
		return stage_neighbour(p, interface);
	if (unlikely(is_checked(interface) && !same_mac(&p->source_mac, &interface->mac)))
		return drop(p, DROP_SOURCE_MAC);
	verdict = stage_parse(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_flow(p, interface);
	if (verdict == VERDICT_CONTINUE)
		verdict = act(p, interface);
	return verdict;
}

/* Nothing an instance sends ever reaches the host's own stack. */
SEC("tcx/ingress")
int from_interface(struct __sk_buff *skb)
{
	struct packet p = {.context = (void *)skb, .hook = HOOK_FROM_INTERFACE, .length = skb->len};

	begin_trace(&p);
	return walk(&p) == VERDICT_REDIRECT ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}

/* Only what our programs send may reach an instance: no router advertisement, no mDNS, no ARP of the host's stack. */
SEC("tcx/egress")
int to_interface(struct __sk_buff *skb)
{
	const struct device_key key = {.ifindex = skb->ifindex};
	const struct device *device;
	struct packet p = {.context = (void *)skb, .hook = HOOK_TO_INTERFACE, .length = skb->len};
	const struct interface *interface;

	if (skb->mark == VPCD_MARK) {
		skb->mark = 0;
		return TC_ACT_UNSPEC;
	}
	device = bpf_map_lookup_elem(&devices, &key);
	if (device) {
		p.interface = device->interface;
		interface = bpf_map_lookup_elem(&interfaces, &p.interface);
		if (interface)
			p.flow.vpc = interface->vpc;
	}
	drop(&p, DROP_HOST_STACK);
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
