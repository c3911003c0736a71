/* What the stages say about a packet that the agent follows (stages/begin.h says which). It meets the same code as every
 * other, but leaves nothing behind: no flow, no counter, no event. */
#pragma once

#include <vpcd/abi/trace.h>

#include "lib/packet.h"
#include "maps.h"

static __always_inline bool is_traced(const struct packet *p)
{
	return CONTEXT_HAS_MARK && p->flags & PACKET_TRACED;
}

#define TRACE_MUTED 0x80000000u

/* A key of the counters' tables. The established packet is asked nothing for the sake of tracing: where a traced one
 * would be counted the lookup fails, and there it says its step. */
static __always_inline __u32 counted_key(const struct packet *p, __u32 key)
{
	return CONTEXT_HAS_MARK ? key | p->muted : key;
}

/* Not static, so that the verifier walks it once. Has a result, and it is used: else the compiler leaves what it likes in R0,
 * which the verifier of 6.18 may refuse. */
__noinline __u32 write_trace(enum trace_id step, __u32 a, __u32 b, __u32 c, const struct address *address)
{
	const __u32 zero = 0;
	struct trace_record *record = bpf_map_lookup_elem(&traces, &zero);
	struct trace_step *at;
	__u32 count;

	if (!record)
		return 0;
	count = record->count;
	record->count = count + 1;
	if (count >= VPCD_TRACE_STEPS)
		return 0;
	at = &record->steps[count & (VPCD_TRACE_STEPS - 1)];
	at->step = step;
	at->value[0] = a;
	at->value[1] = b;
	at->value[2] = c;
	if (address)
		at->address = *address;
	else
		__builtin_memset(&at->address, 0, sizeof(at->address));
	return 1;
}

/* Of a packet known to be traced. */
static __always_inline void add_step(enum trace_id step, __u32 a, __u32 b, __u32 c, const struct address *address)
{
	opaque(write_trace(step, a, b, c, address));
}

/* Says what was decided, with up to three numbers and an address (or NULL): see abi/trace.h. */
static __always_inline void trace(const struct packet *p, enum trace_id step, __u32 a, __u32 b, __u32 c,
				  const struct address *address)
{
	if (unlikely(is_traced(p)))
		add_step(step, a, b, c, address);
}
