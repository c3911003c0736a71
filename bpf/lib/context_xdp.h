/* The packet API of XDP programs; see context_skb.h. */
#pragma once

#include "lib/compiler.h"

struct packet_context {
	struct xdp_md xdp;
};

static __always_inline void *context_data(const struct packet_context *context)
{
	return (void *)(long)context->xdp.data;
}

static __always_inline void *context_end(const struct packet_context *context)
{
	return (void *)(long)context->xdp.data_end;
}

/* XDP sees the first buffer only, and drivers put the headers there. */
static __always_inline bool context_pull(struct packet_context *context, __u32 length)
{
	(void)context;
	(void)length;
	return false;
}

/* Removes `room` bytes; what stands before the inner packet afterwards is to be written anew. */
static __always_inline bool context_uncover(struct packet_context *context, int room)
{
	return bpf_xdp_adjust_head(&context->xdp, room) == 0;
}
