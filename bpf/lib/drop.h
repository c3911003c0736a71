/* The one way to drop a packet, and the counters. Nothing disappears uncounted. */
#pragma once

#include "lib/packet.h"
#include "lib/trace.h"
#include "maps.h"

/* False: it is traced, and not counted. The same below. */
static __always_inline bool count(const struct packet *p, enum counter counter)
{
	__u32 key = counted_key(p, counter);
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (unlikely(!value))
		return false;
	*value += 1;
	return true;
}

static __always_inline bool count_sent(const struct packet *p, __u32 interface_id)
{
	const __u32 key = counted_key(p, interface_id);
	struct interface_counters *counters_of = bpf_map_lookup_elem(&traffic, &key);

	if (unlikely(!counters_of))
		return false;
	counters_of->tx_packets += 1;
	counters_of->tx_bytes += p->length;
	return true;
}

static __always_inline bool count_received(const struct packet *p, __u32 interface_id, __u32 bytes)
{
	const __u32 key = counted_key(p, interface_id);
	struct interface_counters *counters_of = bpf_map_lookup_elem(&traffic, &key);

	if (unlikely(!counters_of))
		return false;
	counters_of->rx_packets += 1;
	counters_of->rx_bytes += bytes;
	return true;
}

/* Into which device it is about to go. */
static __always_inline void trace_delivery(const struct packet *p, __u32 interface_id)
{
	const struct interface *receiver = bpf_map_lookup_elem(&interfaces, &interface_id);

	if (receiver)
		trace(p, TRACE_DELIVER, receiver->ifindex, receiver->flags & INTERFACE_PEER, 0, NULL);
}

/* Without a reader only so many denials a second are told: a flood of them must not cost more than the drops do. */
static __always_inline bool may_tell_denial(const struct packet *p, __u32 limit)
{
	const __u64 second = bpf_ktime_get_ns() / 1000000000;
	const __u32 zero = 0;
	struct denial_budget *budget = bpf_map_lookup_elem(&denials, &zero);

	if (!budget)
		return false;
	if (budget->second != second) {
		budget->second = second;
		budget->told = 0;
	}
	if (budget->told < limit) {
		budget->told++;
		return true;
	}
	count(p, COUNTER_EVENT_LIMITED);
	return false;
}

static __always_inline bool wants_event(const struct packet *p)
{
	const __u32 zero = 0;
	const struct settings *now = bpf_map_lookup_elem(&settings, &zero);

	if (!feature(EVENTS) || !now)
		return false;
	return now->events || (now->denials && p->denied_by && may_tell_denial(p, now->denials));
}

static __always_inline void offer_event(const struct packet *p, enum drop_reason reason)
{
	struct drop_event *event;

	if (!wants_event(p))
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return; /* the reader is behind; the counters still tell */
	event->flow = p->flow;
	__builtin_memset(&event->outer_source, 0, sizeof(event->outer_source));
	if (p->outer_source)
		set_ipv4(&event->outer_source, p->outer_source);
	event->interface = p->interface;
	event->reason = reason;
	event->hook = p->hook;
	event->length = p->length;
	event->rule = p->denied_by;
	bpf_ringbuf_submit(event, 0);
}

/* A stranger chooses the VNI of a tunnel packet: only those of VPCs that are here get counters of their own. */
static __always_inline __u32 counted_vpc(const struct packet *p)
{
	const struct vpc_key key = {.vpc = p->flow.vpc};

	return bpf_map_lookup_elem(&vpcs, &key) ? key.vpc : 0;
}

/* False: there is no entry. */
static __always_inline bool add_drop(const struct packet *p, const struct drop_key *key)
{
	struct drop_count *count_of = bpf_map_lookup_elem(&drops, key);

	if (!count_of)
		return false;
	count_of->packets += 1;
	count_of->bytes += p->length;
	return true;
}

/* The first of its kind makes the entry, unless another CPU has just made it. */
static __always_inline void count_drop(const struct packet *p, enum drop_reason reason)
{
	const struct drop_key key = {.vpc = counted_vpc(p), .interface = p->interface, .reason = reason};
	const struct drop_count first = {.packets = 1, .bytes = p->length};

	if (!add_drop(p, &key) && bpf_map_update_elem(&drops, &key, &first, BPF_NOEXIST) && !add_drop(p, &key))
		count(p, COUNTER_DROP_UNLISTED);
}

static __noinline enum verdict drop(const struct packet *p, enum drop_reason reason)
{
	trace(p, TRACE_DROP, reason, 0, 0, NULL);
	if (unlikely(is_traced(p)))
		return VERDICT_DROP;
	count_drop(p, reason);
	offer_event(p, reason);
	return VERDICT_DROP;
}
