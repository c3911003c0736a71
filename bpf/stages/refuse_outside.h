/* Errors to the Internet. TC only. */
#pragma once

#include <linux/pkt_cls.h>

#include "stages/icmp_error.h"

/* Tells a sender on the Internet, in the name of the address it has sent to, then drops. */
static __noinline enum verdict refuse_outside(struct packet *p, const struct settings *host, enum drop_reason reason,
					      __u16 type_code, __u16 mtu)
{
	drop(p, reason);
	if (!host || p->flags & PACKET_CHECK || !may_be_told(p) ||
	    !become_icmp_error(p, ipv4_of(&p->flow.destination), type_code, mtu))
		return VERDICT_DROP;
	return bpf_redirect_neigh(host->external_ifindex, NULL, 0, 0) == TC_ACT_REDIRECT ? VERDICT_REDIRECT
											 : drop(p, DROP_KERNEL);
}
