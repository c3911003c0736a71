/* The packet API of XDP programs; see context_skb.h. */
#pragma once

#include "lib/compiler.h"

#define CONTEXT_HAS_MARK 0 /* so nothing is traced in XDP; TC takes the same decisions by the same stages */

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

static __always_inline __u32 context_ifindex(const struct packet_context *context)
{
	return context->xdp.ingress_ifindex;
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

/* Adds `room` bytes at the front. The frame's own Ethernet header is then where an inner one belongs. */
static __always_inline bool context_cover(struct packet_context *context, int room, __u64 how)
{
	(void)how;
	return bpf_xdp_adjust_head(&context->xdp, -room) == 0;
}
