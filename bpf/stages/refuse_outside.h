/* Errors to the Internet. TC only. */
#pragma once

#include "stages/external.h"
#include "stages/icmp_error.h"

/* Tells a sender on the Internet, or behind another address that is served here, in the name of the address it has sent to,
 * then drops. */
static __noinline enum verdict refuse_outside(struct packet *p, const struct settings *host, enum drop_reason reason,
					      __u16 type_code, __u16 mtu)
{
	drop(p, reason);
	if (!host || p->flags & PACKET_CHECK || !may_be_told(p) ||
	    !become_icmp_error(p, ipv4_of(&p->flow.destination), type_code, mtu))
		return VERDICT_DROP;
	return send_out(p, host, &p->flow.source);
}
