/* TC on an instance's device: what the instance sends, and the guard over what may be sent to it. */
#include <linux/pkt_cls.h>

#include "lib/context_skb.h"

#include "maps.h"
#include "stages/balance.h"
#include "stages/begin.h"
#include "stages/deliver.h"
#include "stages/encapsulate.h"
#include "stages/fit.h"
#include "stages/fragment.h"
#include "stages/judge.h"
#include "stages/leave.h"
#include "stages/neighbour.h"
#include "stages/parse.h"
#include "stages/record.h"
#include "stages/related.h"
#include "stages/route.h"
#include "stages/router.h"
#include "stages/sender.h"
#include "stages/track.h"
#include "stages/way_back.h"

/* How the answer will enter: by the receiver's device, or out of the tunnel for the sender's MAC. */
static __always_inline __u32 answer_entry(const struct next_hop *next_hop, const struct interface *interface)
{
	const __u32 zero = 0;
	const struct settings *now = bpf_map_lookup_elem(&settings, &zero);

	if (!next_hop->host && !is_outside(next_hop))
		return next_hop->interface;
	if (next_hop->host && feature(GRE) && now && now->encapsulation == ENCAPSULATION_GRE)
		return FLOW_ENTRY_UNDERLAY;
	return underlay_entry(&interface->mac);
}

static __always_inline void trace_next_hop(const struct packet *p)
{
	add_step(TRACE_NEXT_HOP, p->next_hop, p->ttl, p->flags & PACKET_ROUTED, NULL);
}

/* A flow that is not established yet, or that a traced packet belongs to: true, if it tells where the packet goes. */
static __always_inline bool follow_known(struct packet *p, struct flow *flow)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &flow->next_hop);

	if (!next_hop || !is_current(flow, next_hop))
		return false;
	take_way(p, flow);
	if (is_traced(p)) {
		trace_hit(flow);
		trace_next_hop(p);
	} else {
		use_flow(p, flow);
	}
	return true;
}

/* Asks everybody who may object to a packet whose way is known. `receiver`: NULL if it is on another host. */
static __noinline enum verdict judge(struct packet *p, struct flow *flow, const struct interface *sender,
				     __u32 receiver_id)
{
	const struct interface *receiver = NULL;
	enum verdict verdict;

	if (!sender)
		return VERDICT_DROP;
	if (receiver_id) {
		receiver = bpf_map_lookup_elem(&interfaces, &receiver_id);
		if (!receiver || receiver->vpc != p->flow.vpc)
			return drop(p, DROP_NOT_PLACED);
		p->receiver_generation = receiver->generation;
	}
	p->epoch = rules_epoch();
	recall_receiver(p, receiver_id);
	if (flow && receiver_id != flow->destination_interface)
		p->flags &= ~PACKET_APPROVED;
	verdict = stage_track(p, flow, p->interface);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_related(p, p->interface, receiver_id);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_groups(p, sender, receiver);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_acl(p, sender, true);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_acl(p, receiver, false);
	return verdict;
}

/* The first packet of a flow, or one whose flow was decided under other settings. Generations are read before what they
 * stand for: whatever changes meanwhile makes the entry one that is decided again. */
static __noinline enum verdict decide(struct packet *p, const struct interface *interface)
{
	const struct next_hop *next_hop;
	enum verdict verdict;
	struct flow *flow;
	__u32 receiver;

	p->scratch = this_scratch();
	if (!interface || !p->scratch)
		return VERDICT_DROP;
	if (is_contradictory(p))
		return drop(p, DROP_TCP_FLAGS);
	p->sender_generation = interface->generation;
	flow = recall(p);
	if (flow && !opens_tcp(p) && follow_known(p, flow))
		return VERDICT_CONTINUE;
	trace_miss(p);
	count(p, COUNTER_FLOW_MISS);
	verdict = stage_source(p, interface);
	if (verdict == VERDICT_CONTINUE && !stage_way_back(p, flow))
		verdict = stage_route(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;

	next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	if (!next_hop || next_hop->vpc != p->flow.vpc)
		return drop(p, DROP_NOT_PLACED);
	receiver = next_hop->host ? 0 : next_hop->interface;
	p->tunnel_port = tunnel_port(p);
	p->peer_entry = answer_entry(next_hop, interface);
	verdict = judge(p, flow, interface, receiver);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_record(p, p->interface, receiver);
	if (verdict == VERDICT_CONTINUE && unlikely(is_traced(p)))
		trace_next_hop(p);
	return verdict;
}

#define UNFIT_FOR_LOOKUP (PACKET_UNTRACKED | PACKET_TRACED | PACKET_ODD)

/* What is for a load balancer has another flow than the packet says. */
static __always_inline enum verdict find_other_way(struct packet *p, const struct interface *interface)
{
	enum verdict verdict = VERDICT_CONTINUE;
	struct flow *flow = NULL;

	if (feature(SERVICE))
		verdict = stage_balance(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (feature(SERVICE) && p->flags & PACKET_BALANCED)
		flow = find_departure(p, UNFIT_FOR_LOOKUP);
	if (!flow)
		return decide(p, interface);
	touch(p, flow);
	return VERDICT_CONTINUE;
}

/* One lookup for an established packet. */
static __always_inline enum verdict stage_flow(struct packet *p, const struct interface *interface)
{
	struct flow *flow = find_departure(p, UNFIT_FOR_LOOKUP);

	if (unlikely(!flow))
		return find_other_way(p, interface);
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
	if (feature(SERVICE) && unlikely(p->flags & PACKET_SERVED) && stage_served(p) != VERDICT_CONTINUE)
		return VERDICT_DROP;
	if (!write_ethernet(p, &next_hop->mac, p->flags & PACKET_ROUTED ? &router : &p->source_mac))
		return drop(p, DROP_MALFORMED);
	count_received(p, next_hop->interface, p->length);
	if (!count(p, COUNTER_DELIVERED_LOCAL))
		trace_delivery(p, next_hop->interface);
	p->interface = next_hop->interface; /* whom drops are about */
	return deliver(p, receiver);
}

/* Out of this host's own external device. */
static __always_inline enum verdict leave_here(struct packet *p, const struct interface *interface)
{
	const __u32 zero = 0;
	const struct settings *host = bpf_map_lookup_elem(&settings, &zero);

	if (!host)
		return drop(p, DROP_NO_GATEWAY);
	if (host->external_ifindex && !is_of_check(p, host) && wire_size(p) > host->external_mtu)
		return refuse(p, interface, DROP_TOO_BIG, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED),
			      host->external_mtu);
	return decrement_ttl(p, sizeof(struct ethhdr)) ? stage_leave(p, host) : drop(p, DROP_MALFORMED);
}

static __always_inline enum verdict act(struct packet *p, const struct interface *interface)
{
	const struct next_hop *next_hop = bpf_map_lookup_elem(&next_hops, &p->next_hop);
	const struct host *host;
	enum verdict verdict;
	__u32 host_id;

	if (!next_hop)
		return drop(p, DROP_NOT_PLACED);
	host_id = next_hop->host;
	if (unlikely(is_way_back(next_hop))) {
		host_id = p->host;
		p->flags |= PACKET_RETURNS;
	}
	verdict = stage_hop(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (!host_id && is_outside(next_hop))
		return leave_here(p, interface);
	if (!host_id) {
		if (p->flags & PACKET_ROUTED && !decrement_ttl(p, sizeof(struct ethhdr)))
			return drop(p, DROP_MALFORMED);
		return send_here(p, next_hop);
	}

	host = bpf_map_lookup_elem(&hosts, &host_id);
	if (!host || !(host->flags & HOST_REACHABLE))
		return refuse(p, interface, DROP_NO_UNDERLAY, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH), 0);
	verdict = stage_size(p, interface, host, tunnel_overhead(host));
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (p->flags & PACKET_ROUTED && !decrement_ttl(p, sizeof(struct ethhdr)))
		return drop(p, DROP_MALFORMED);
	return stage_encapsulate(p, host, host_id, next_hop);
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
	if (unlikely(!has_right_mac(p, interface)))
		return drop(p, DROP_SOURCE_MAC);
	verdict = stage_parse(p);
	if (verdict == VERDICT_CONTINUE && unlikely(p->flags & PACKET_FRAGMENT))
		verdict = stage_fragment(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_flow(p, interface);
	if (verdict == VERDICT_CONTINUE && unlikely(p->flags & PACKET_FRAGMENT))
		remember_fragment(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_limit(p, interface->egress_limit);
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
