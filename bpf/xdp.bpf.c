/* XDP on the underlay device: the same stages as in TC, before the kernel makes a packet of it. */
#include "lib/context_xdp.h"

#include "lib/handover.h"
#include "maps.h"
#include "stages/uncover.h"

/* Room for the note to TC, taken first: a driver without metadata leaves the whole work to TC. */
static __always_inline bool reserve_handover(struct packet *p)
{
	return bpf_xdp_adjust_meta(&p->context->xdp, -(int)sizeof(struct handover)) == 0;
}

static __always_inline bool write_handover(const struct packet *p)
{
	struct handover *handover = (void *)(long)p->context->xdp.data_meta;

	if ((void *)(handover + 1) > packet_data(p))
		return false;
	handover->mark = VPCD_MARK;
	handover->interface = p->interface;
	return true;
}

/* Straight to a device that takes XDP frames if asked for; else the frame, uncovered, meets the driver's GRO and TC. */
static __always_inline enum verdict walk(struct packet *p)
{
	const struct settings *host = this_host();
	const struct interface *receiver;
	const struct next_hop *next_hop;
	enum verdict verdict;
	bool straight;

	if (!host)
		return VERDICT_PASS;
	verdict = find_way(p, host);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	receiver = find_receiver(p, &next_hop);
	if (!receiver || !receiver->ifindex)
		return drop(p, DROP_NOT_PLACED);
	straight = host->xdp_redirect && receiver->flags & INTERFACE_XDP_TARGET;
	if (!straight && !reserve_handover(p))
		return VERDICT_PASS;
	verdict = stage_uncover(p, next_hop);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	if (straight)
		return bpf_redirect(receiver->ifindex, 0) == XDP_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
	return write_handover(p) ? VERDICT_PASS : drop(p, DROP_KERNEL);
}

SEC("xdp.frags")
int xdp_underlay(struct xdp_md *xdp)
{
	struct packet p = {
		.context = (void *)xdp,
		.hook = HOOK_XDP_UNDERLAY,
		.length = bpf_xdp_get_buff_len(xdp),
	};
	const enum verdict verdict = walk(&p);

	if (verdict == VERDICT_REDIRECT)
		return XDP_REDIRECT;
	return verdict == VERDICT_PASS ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
