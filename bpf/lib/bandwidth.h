/* Bandwidth caps, by policing: what does not fit is dropped. TC only. */
#pragma once

#include "lib/drop.h"

/* Of all the frames that the kernel will make of the packet. How many these are it does not know before it makes them, once
 * a tunnel was put on or taken off (gso_segs is 0 then). */
static __always_inline __u32 wire_bytes(const struct __sk_buff *skb)
{
	const __u32 headers =
		sizeof(struct ethhdr) + sizeof(struct iphdr) + 32 /* of TCP with timestamps, as most send it */;

	if (!skb->gso_size || skb->len <= headers)
		return skb->len;
	return skb->len + (skb->len - headers - 1) / skb->gso_size * headers;
}

/* A time further ahead than any packet may get, by more than clocks of CPUs differ, is of a smaller cap, which this limit had
 * before: it counts as a full bucket, and the packet that finds it passes. False: another CPU has written meanwhile. Out:
 * *fits. */
static __always_inline bool try_to_pay(__u64 *time, const struct limit *limit, __u64 price, bool *fits)
{
	const __u64 now = bpf_ktime_get_ns(), was = *(volatile __u64 *)time;
	const __u64 full = now + limit->burst;
	const bool is_stale = was > full + LIMIT_CLOCK_SKEW;
	const __u64 paid = is_stale ? full : (was > now ? was : now) + price;

	*fits = paid <= full;
	return !*fits || __sync_val_compare_and_swap(time, was, paid) == was;
}

/* May the packet pass? Then it is paid for. `id`: index into `limits`. */
static __noinline bool pays(const struct packet *p, __u32 id)
{
	const struct limit *limit = bpf_map_lookup_elem(&limits, &id);
	__u64 *time = bpf_map_lookup_elem(&limit_times, &id);
	bool fits = true;
	__u64 price;

	if (!limit || !time || !limit->byte_time || is_traced(p))
		return true;
	price = (wire_bytes(&p->context->skb) * limit->byte_time) >> LIMIT_SHIFT;
	for (int i = 0; i < LIMIT_ATTEMPTS; i++)
		if (try_to_pay(time, limit, price, &fits))
			break;
	return fits;
}

/* `id` 0: there is no cap. Nor for health checks: who is busy is not dead. */
static __always_inline enum verdict stage_limit(const struct packet *p, __u32 id)
{
	if (!feature(LIMIT) || likely(!id) || p->flags & PACKET_CHECK || pays(p, id))
		return VERDICT_CONTINUE;
	return drop(p, DROP_OVER_LIMIT);
}

/* The cap of a public address, by its number. */
static __always_inline enum verdict stage_public_limit(const struct packet *p, __u32 public_id, bool goes_out)
{
	const struct public_limits *own = feature(LIMIT) ? bpf_map_lookup_elem(&public_limits, &public_id) : NULL;

	if (!own)
		return VERDICT_CONTINUE;
	return stage_limit(p, goes_out ? own->egress : own->ingress);
}
