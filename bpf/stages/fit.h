/* Does what an instance sends fit the tunnel? */
#pragma once

#include "stages/mss.h"
#include "stages/router.h"
#include "stages/size.h"

/* Don't-fragment is not asked for: the virtual router does not fragment, it tells the sender (RFC 1191, as IPv6). */
static __always_inline enum verdict stage_size(struct packet *p, const struct interface *interface,
					       const struct host *host, __u32 overhead)
{
	const __u32 room = host->mtu > overhead ? host->mtu - overhead : 0;

	if (unlikely(wire_size(p) > room)) {
		trace(p, TRACE_SIZE, p->length - p->l3, room, 0, NULL);
		return refuse(p, interface, DROP_TOO_BIG, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED), room);
	}
	if (unlikely(p->tcp_flags & TCP_SYN) && clamp_mss(p, room))
		count(p, COUNTER_MSS_CLAMPED);
	return VERDICT_CONTINUE;
}
