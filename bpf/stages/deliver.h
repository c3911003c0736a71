/* To an instance of this host. In: the packet as the instance shall see it. */
#pragma once

#include <linux/pkt_cls.h>

#include "lib/bandwidth.h"

/* Into the instance's namespace without a queue between (veth), or out of the device (tap). */
static __always_inline enum verdict deliver(const struct packet *p, const struct interface *receiver)
{
	struct __sk_buff *skb = &p->context->skb;
	long action;

	if (!receiver->ifindex)
		return drop(p, DROP_NOT_PLACED);
	if (stage_limit(p, receiver->ingress_limit) != VERDICT_CONTINUE)
		return VERDICT_DROP;
	if (feature(PAIR) && (!feature(TAP) || receiver->flags & INTERFACE_PEER)) {
		/* The frame was addressed to the router or to this host; the instance must not take it for another's. */
		if (skb->pkt_type != 0 /* PACKET_HOST */)
			bpf_skb_change_type(skb, 0);
		action = bpf_redirect_peer(receiver->ifindex, 0);
	} else {
		skb->mark = VPCD_MARK;
		action = bpf_redirect(receiver->ifindex, 0);
	}
	return action == TC_ACT_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
}
