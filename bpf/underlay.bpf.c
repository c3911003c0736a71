/* TC on the underlay device and on the kernel's vxlan device: packets of other hosts for our instances. */
#include <linux/pkt_cls.h>

#include "lib/context_skb.h"

#include "lib/handover.h"
#include "maps.h"
#include "stages/begin.h"
#include "stages/check.h"
#include "stages/deliver.h"
#include "stages/enter.h"
#include "stages/served.h"
#include "stages/uncover.h"

static __always_inline enum verdict uncover_and_deliver(struct packet *p, const struct settings *host)
{
	const struct next_hop *next_hop;
	const struct interface *receiver = find_receiver(p, &next_hop);
	enum verdict verdict;

	if (!receiver || !receiver->ifindex)
		return drop(p, DROP_NOT_PLACED);
	if (is_left_to_kernel(p, host, p->interface)) {
		trace(p, TRACE_TO_KERNEL, host->tunnel_ifindex, p->interface, 0, NULL);
		count(p, COUNTER_TO_STACK);
		return VERDICT_PASS;
	}
	verdict = stage_uncover(p, next_hop);
	if (feature(SERVICE) && verdict == VERDICT_CONTINUE && unlikely(p->flags & PACKET_SERVED)) {
		bare(p);
		verdict = stage_served(p);
	}
	return verdict == VERDICT_CONTINUE ? deliver(p, receiver) : verdict;
}

/* A packet that goes on by its own headers, if a host has sent it that we know. */
static __always_inline enum verdict take_from_peer(struct packet *p)
{
	enum verdict verdict = stage_peer(p);

	if (verdict == VERDICT_CONTINUE)
		verdict = stage_congestion(p);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (!uncover(p))
		return drop(p, DROP_KERNEL);
	bare(p);
	return VERDICT_CONTINUE;
}

/* From another host's instance to the Internet. */
static __always_inline enum verdict take_out(struct packet *p, const struct settings *host)
{
	enum verdict verdict = take_from_peer(p);

	return verdict == VERDICT_CONTINUE ? stage_leave(p, host) : verdict;
}

/* Of the Internet, from the host where it came in, for this one to translate. VERDICT_PASS: from here on it is as if it had
 * come in here. */
static __noinline enum verdict take_over(struct packet *p)
{
	const struct mac router = {VPCD_ROUTER_MAC};
	enum verdict verdict = stage_parse(p);

	trace(p, TRACE_OUTER, p->flow.vpc, p->encapsulation, bpf_ntohl(p->outer_source), NULL);
	if (verdict == VERDICT_CONTINUE)
		verdict = take_from_peer(p);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (!write_ethernet(p, &router, &router))
		return drop(p, DROP_MALFORMED);
	trace(p, TRACE_PASSED, 0, 0, 0, NULL);
	p->host = 0;
	return VERDICT_PASS;
}

static __always_inline enum verdict walk_underlay(struct packet *p)
{
	const struct settings *host = this_host();
	enum verdict verdict;

	if (!host || is_tagged(&p->context->skb)) /* of another network than the underlay's */
		return VERDICT_PASS;
	verdict = find_tunnel(p, host);
	if (feature(NAT) && verdict == VERDICT_CONTINUE && p->flags & PACKET_PASSED)
		verdict = take_over(p);
	if (verdict == VERDICT_PASS)
		verdict = stage_enter(p, host);
	else if (verdict == VERDICT_CONTINUE)
		verdict = stage_parse(p);
	if (feature(NAT) && verdict == VERDICT_PASS && p->flags & PACKET_PASSED)
		return drop(p, DROP_NO_TRANSLATION); /* it is nothing to the host's own stack */
	if (feature(OUTSIDE) && verdict == VERDICT_CONTINUE && p->flags & PACKET_LEAVES)
		return take_out(p, host);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_arrival(p, host);
	if (verdict == VERDICT_PASS)
		trace(p, TRACE_TO_STACK, 0, 0, 0, NULL);
	return verdict == VERDICT_CONTINUE ? uncover_and_deliver(p, host) : verdict;
}

/* No tunnel is believed that comes from the Internet. */
static __always_inline enum verdict walk_external(struct packet *p)
{
	const struct settings *host = this_host();
	enum verdict verdict;

	if (!host || is_tagged(&p->context->skb))
		return VERDICT_PASS;
	verdict = stage_enter(p, host);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_arrival(p, host);
	return verdict == VERDICT_CONTINUE ? uncover_and_deliver(p, host) : verdict;
}

/* Health checks of the agent. */
static __always_inline enum verdict walk_checks(struct packet *p)
{
	const struct settings *host = this_host();
	enum verdict verdict;

	if (!host || (!parse_ethernet(p, 0) && !(packet_linearize(p) && parse_ethernet(p, 0))))
		return drop(p, DROP_MALFORMED);
	p->flags |= PACKET_ENTERS | PACKET_ENTERED | PACKET_CHECK;
	verdict = stage_parse(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_check(p, host);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_arrival(p, host);
	return verdict == VERDICT_CONTINUE ? uncover_and_deliver(p, host) : verdict;
}

/* The kernel's vxlan device has taken the tunnel off already and remembers what it was. */
static __always_inline enum verdict walk_tunnel(struct packet *p)
{
	const struct settings *host = this_host();
	struct bpf_tunnel_key key = {};
	enum verdict verdict;

	if (!host || bpf_skb_get_tunnel_key(&p->context->skb, &key, sizeof(key), 0))
		return drop(p, DROP_TUNNEL_MALFORMED);
	p->flow.vpc = key.tunnel_id;
	p->outer_source = bpf_htonl(key.remote_ipv4);
	p->encapsulation = ENCAPSULATION_VXLAN;
	if (!parse_ethernet(p, 0) && !(packet_linearize(p) && parse_ethernet(p, 0)))
		return drop(p, DROP_MALFORMED);
	if (is_tagged(&p->context->skb))
		return drop(p, DROP_NOT_IP);
	read_gateway_marks(p);
	verdict = stage_parse(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = stage_arrival(p, host);
	return verdict == VERDICT_CONTINUE ? uncover_and_deliver(p, host) : verdict;
}

/* The interface that XDP has chosen for this packet, NULL: XDP has not seen it. */
static __always_inline const struct interface *handed_over(struct packet *p)
{
	const struct __sk_buff *skb = &p->context->skb;
	const struct handover *handover = (void *)(long)skb->data_meta;
	const struct interface *receiver;

	if (!feature(XDP) || (const void *)(handover + 1) > (void *)(long)skb->data || handover->mark != VPCD_MARK)
		return NULL;
	p->interface = handover->interface;
	receiver = bpf_map_lookup_elem(&interfaces, &p->interface);
	if (receiver)
		p->flow.vpc = receiver->vpc;
	return receiver;
}

/* A device that takes the tag out of the frame itself hides it from XDP. */
static __always_inline enum verdict deliver_uncovered(const struct packet *p, const struct interface *receiver)
{
	return is_tagged(&p->context->skb) ? drop(p, DROP_TUNNEL_MALFORMED) : deliver(p, receiver);
}

static __always_inline int tc_action(enum verdict verdict)
{
	if (verdict == VERDICT_REDIRECT)
		return TC_ACT_REDIRECT;
	return verdict == VERDICT_PASS ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tcx/ingress")
int tc_underlay(struct __sk_buff *skb)
{
	struct packet p = {.context = (void *)skb, .hook = HOOK_TC_UNDERLAY, .length = skb->len};
	const struct interface *receiver = handed_over(&p);

	begin_trace(&p);
	return tc_action(receiver ? deliver_uncovered(&p, receiver) : walk_underlay(&p));
}

/* On an external device that is not the underlay's. */
SEC("tcx/ingress")
int from_external(struct __sk_buff *skb)
{
	struct packet p = {.context = (void *)skb, .hook = HOOK_FROM_EXTERNAL, .length = skb->len};

	begin_trace(&p);
	return tc_action(walk_external(&p));
}

/* On the device that health checks come from. Nothing of them reaches the host's own stack. */
SEC("tcx/ingress")
int from_checks(struct __sk_buff *skb)
{
	struct packet p = {.context = (void *)skb, .hook = HOOK_FROM_CHECKS, .length = skb->len};

	begin_trace(&p);
	return walk_checks(&p) == VERDICT_REDIRECT ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}

SEC("tcx/ingress")
int from_tunnel(struct __sk_buff *skb)
{
	struct packet p = {.context = (void *)skb, .hook = HOOK_FROM_TUNNEL, .length = skb->len};

	return tc_action(walk_tunnel(&p));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
