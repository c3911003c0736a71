/* XDP: the same stages as in TC, before the kernel makes a packet of the frame. On the underlay device, and, where XDP is
 * to carry packets from end to end, on instances' devices. */
#include "lib/context_xdp.h"

#include "lib/handover.h"
#include "maps.h"
#include "stages/cover.h"
#include "stages/record.h"
#include "stages/sender.h"
#include "stages/uncover.h"

static __always_inline bool write_handover(const struct packet *p, __u32 mark)
{
	struct handover *handover = (void *)(long)p->context->xdp.data_meta;

	if ((void *)(handover + 1) > packet_data(p))
		return false;
	handover->mark = mark;
	handover->interface = p->interface;
	return true;
}

/* Room for the note to TC, taken before anything is counted: a driver without metadata leaves the whole work to TC.
 * What the driver had there must not pass for a note. */
static __always_inline bool reserve_handover(const struct packet *p)
{
	return bpf_xdp_adjust_meta(&p->context->xdp, -(int)sizeof(struct handover)) == 0 && write_handover(p, 0);
}

static __always_inline bool release_handover(const struct packet *p)
{
	return bpf_xdp_adjust_meta(&p->context->xdp, sizeof(struct handover)) == 0;
}

/* Straight to a device that takes XDP frames if asked for; else the frame, uncovered, meets the driver's GRO and TC. */
static __always_inline enum verdict walk_in(struct packet *p)
{
	const struct settings *host = this_host();
	const struct interface *receiver;
	const struct next_hop *next_hop;
	const __u32 for_tc = PACKET_LEAVES | PACKET_CHECK | PACKET_PASSED;
	enum verdict verdict;
	bool straight;

	if (!host)
		return VERDICT_PASS;
	verdict = find_tunnel(p, host);
	if (p->flags & for_tc) /* which rewrites addresses, and knows to the end what a check is */
		return VERDICT_PASS;
	if (verdict == VERDICT_CONTINUE && !reserve_handover(p))
		return VERDICT_PASS;
	if (verdict == VERDICT_CONTINUE)
		verdict = find_way(p, host);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	receiver = find_receiver(p, &next_hop);
	if (!receiver || !receiver->ifindex)
		return drop(p, DROP_NOT_PLACED);
	straight = feature(XDP_REDIRECT) && host->xdp_redirect && receiver->flags & INTERFACE_XDP_TARGET &&
		   !receiver->ingress_limit; /* TC keeps to it */
	if (straight && !release_handover(p))
		return drop(p, DROP_KERNEL);
	verdict = stage_uncover(p, next_hop);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (straight)
		return bpf_redirect(receiver->ifindex, 0) == XDP_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
	return write_handover(p, VPCD_MARK) ? VERDICT_PASS : drop(p, DROP_KERNEL);
}

static __always_inline int xdp_action(enum verdict verdict)
{
	if (verdict == VERDICT_REDIRECT)
		return XDP_REDIRECT;
	return verdict == VERDICT_PASS ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int xdp_underlay(struct xdp_md *xdp)
{
	struct packet p = {
		.context = (void *)xdp,
		.hook = HOOK_XDP_UNDERLAY,
		.length = bpf_xdp_get_buff_len(xdp),
	};

	return xdp_action(walk_in(&p));
}

/* The host to which an established flow leads, if nothing about the packet needs TC; NULL: TC does it all. */
static __always_inline const struct host *find_way_out(const struct packet *p, const struct next_hop *next_hop)
{
	const __u32 ready = HOST_REACHABLE | HOST_RESOLVED;
	const struct host *host;

	if (!next_hop->host || (p->flags & PACKET_ROUTED && p->ttl <= 1))
		return NULL;
	host = bpf_map_lookup_elem(&hosts, &next_hop->host);
	if (!host || (host->flags & ready) != ready || p->length - p->l3 + tunnel_overhead(host) > host->mtu)
		return NULL;
	return host;
}

/* Only what needs no decision, no answer and no counting of drops; everything else goes on to TC as it came. */
static __always_inline enum verdict walk_out(struct packet *p)
{
	const struct interface *interface = find_sender(p);
	const struct next_hop *next_hop;
	const struct host *host;
	struct flow *flow;

	if (!interface || interface->egress_limit || !parse_ethernet(p, 0) || p->ether_type != bpf_htons(ETH_P_IP) ||
	    !parse_ipv4(p) || !has_right_mac(p, interface))
		return VERDICT_PASS;
	flow = find_departure(p, PACKET_UNTRACKED | PACKET_ODD | PACKET_FRAGMENT);
	next_hop = flow ? bpf_map_lookup_elem(&next_hops, &p->next_hop) : NULL;
	host = next_hop ? find_way_out(p, next_hop) : NULL;
	if (!host || !cover(p, host, next_hop))
		return VERDICT_PASS;
	if (p->flags & PACKET_ROUTED && !decrement_ttl(p, bounded(p->l3 + tunnel_overhead(host))))
		return drop(p, DROP_MALFORMED);
	touch(p, flow);
	count_sent(p, p->interface);
	count(p, COUNTER_ENCAPSULATED);
	return bpf_redirect(host->ifindex, 0) == XDP_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
}

SEC("xdp.frags")
int xdp_interface(struct xdp_md *xdp)
{
	struct packet p = {
		.context = (void *)xdp,
		.hook = HOOK_XDP_INTERFACE,
		.length = bpf_xdp_get_buff_len(xdp),
	};

	return xdp_action(walk_out(&p));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
