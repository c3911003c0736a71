/* Does the agent follow this packet? It knows the mark, and gives it by BPF_PROG_TEST_RUN. TC programs only. */
#pragma once

#include "lib/trace.h"

const volatile __u32 trace_mark = 1; /* the agent sets an even one; this matches no packet */

/* The packet may be longer than the bytes a test run takes: it says so by its wire length. */
static __always_inline void begin_trace(struct packet *p)
{
	const __u32 mark = context_mark(p->context);

	if (likely((mark & ~TRACE_MARK_FRESH) != trace_mark))
		return;
	p->flags |= PACKET_TRACED;
	p->muted = TRACE_MUTED;
	if (mark & TRACE_MARK_FRESH)
		p->flags |= PACKET_FRESH;
	p->length = context_wire_length(p->context);
}
