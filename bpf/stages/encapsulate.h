/* To another host, from TC. In: p->next_hop's host; the packet as the instance sent it. */
#pragma once

#include "stages/cover.h"

/* Out of the underlay device. While the neighbour's MAC is not known the kernel asks for it and keeps the packet. */
static __always_inline enum verdict send_underlay(const struct packet *p, const struct host *host, __u32 host_id)
{
	struct bpf_redir_neigh neighbour = {.nh_family = 2 /* AF_INET */};
	long action;

	if (likely(host->flags & HOST_RESOLVED)) {
		action = bpf_redirect(host->ifindex, 0);
	} else {
		neighbour.ipv4_nh = host->gateway ? host->gateway : ipv4_of(&host->address);
		action = bpf_redirect_neigh(host->ifindex, &neighbour, sizeof(neighbour), 0);
	}
	if (action != TC_ACT_REDIRECT)
		return drop(p, DROP_KERNEL);
	if (!count(p, COUNTER_ENCAPSULATED)) {
		trace(p, TRACE_SIZE, p->length - p->l3, host->mtu - tunnel_overhead(host), 0, NULL);
		trace(p, TRACE_UNDERLAY, host_id, host->ifindex, host->flags & HOST_RESOLVED, &host->address);
	}
	return VERDICT_REDIRECT;
}

/* `host_id`: index of `host`. */
static __always_inline enum verdict stage_encapsulate(struct packet *p, const struct host *host, __u32 host_id,
						      const struct next_hop *next_hop)
{
	return cover(p, host, next_hop) ? send_underlay(p, host, host_id) : drop(p, DROP_KERNEL);
}
