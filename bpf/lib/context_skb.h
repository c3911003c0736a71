/* The packet API of TC programs. A program includes this or context_xdp.h before anything else of ours: the verifier
 * must see one context type in each function, so it is chosen per file, not per call. */
#pragma once

#include "lib/compiler.h"

#define CONTEXT_HAS_MARK 1

struct packet_context {
	struct __sk_buff skb;
};

static __always_inline void *context_data(const struct packet_context *context)
{
	return (void *)(long)context->skb.data;
}

static __always_inline void *context_end(const struct packet_context *context)
{
	return (void *)(long)context->skb.data_end;
}

static __always_inline __u32 context_mark(const struct packet_context *context)
{
	return context->skb.mark;
}

static __always_inline __u32 context_wire_length(const struct packet_context *context)
{
	return context->skb.wire_len;
}

/* The device it entered by. */
static __always_inline __u32 context_ifindex(const struct packet_context *context)
{
	return context->skb.ifindex;
}

/* The kernel takes a VLAN tag out of the frame before TC ingress, and puts it back wherever the packet leaves, even
 * before outer headers: so a tagged packet must go nowhere. In XDP the tag is still the frame's EtherType. */
static __always_inline bool is_tagged(const struct __sk_buff *skb)
{
	return unlikely(skb->vlan_present);
}

/* Makes the first `length` bytes readable in one piece; a sender may leave headers in fragments. */
static __always_inline bool context_pull(struct packet_context *context, __u32 length)
{
	return bpf_skb_pull_data(&context->skb, length) == 0;
}

/* Removes `room` bytes between the Ethernet header and what follows it. */
static __always_inline bool context_uncover(struct packet_context *context, int room)
{
	return room == 0 ||
	       bpf_skb_adjust_room(&context->skb, -room, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO) == 0;
}

#define EALREADY 114 /* <errno.h> is libc's */

/* Adds `room` bytes before the inner IP packet; `how` tells the kernel what they will hold, for segmentation. A packet that
 * has come out of a tunnel may still have what the kernel knew of that one, which fits the new one as well: then it must not
 * be told again. */
static __always_inline bool context_cover(struct packet_context *context, int room, __u64 how)
{
	const __u64 fixed = BPF_F_ADJ_ROOM_FIXED_GSO;
	const long failed = bpf_skb_adjust_room(&context->skb, room, BPF_ADJ_ROOM_MAC, how | fixed);

	return !failed || (failed == -EALREADY && !bpf_skb_adjust_room(&context->skb, room, BPF_ADJ_ROOM_MAC, fixed));
}
