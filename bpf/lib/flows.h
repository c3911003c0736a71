/* The two flow tables as one: a flow is in `flows` once it is established, before in `pending`. */
#pragma once

#include <vpcd/abi/flow.h>

#include "lib/compiler.h"
#include "maps.h"

/* The key under which the answer enters at `entry`. */
static __always_inline void reverse_key(struct flow_key *reversed, const struct flow_key *key, __u32 entry)
{
	reversed->source = key->destination;
	reversed->destination = key->source;
	reversed->vpc = key->vpc;
	reversed->entry = entry;
	reversed->source_port = key->destination_port;
	reversed->destination_port = key->source_port;
	reversed->protocol = key->protocol;
	__builtin_memset(reversed->pad, 0, sizeof(reversed->pad));
}

/* NULL: unknown, or expired. */
static __always_inline struct flow *find_established(const struct flow_key *key)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, key);

	return flow && flow->last_seen != FLOW_GONE ? flow : NULL;
}

static __always_inline struct flow *find_pending(const struct flow_key *key)
{
	struct flow *flow = bpf_map_lookup_elem(&pending, key);

	return flow && flow->last_seen != FLOW_GONE ? flow : NULL;
}

static __always_inline struct flow *find_flow(const struct flow_key *key)
{
	struct flow *flow = find_established(key);

	return flow ? flow : find_pending(key);
}

/* The other direction of a flow; NULL: not known. Out: its key. */
static __always_inline struct flow *find_peer_of(const struct flow_key *key, __u32 peer_entry,
						 struct flow_key *reversed)
{
	reverse_key(reversed, key, peer_entry);
	return find_flow(reversed);
}

static __always_inline struct flow_count *count_of(__u32 vpc)
{
	const struct vpc_key key = {.vpc = vpc};

	return bpf_map_lookup_elem(&flow_counts, &key);
}

static __always_inline void add_to_count(__u32 vpc, __s64 entries)
{
	const struct vpc_key key = {.vpc = vpc};
	const struct flow_count none = {};
	struct flow_count *count = bpf_map_lookup_elem(&flow_counts, &key);

	if (!count) {
		bpf_map_update_elem(&flow_counts, &key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&flow_counts, &key);
	}
	if (count)
		__sync_fetch_and_add(&count->entries, entries);
}

/* Of a VPC whose share is `limit`, 0: all. */
static __always_inline bool is_at_limit(__u32 vpc, __u32 limit)
{
	const struct flow_count *count = limit ? count_of(vpc) : NULL;
	const __s64 held = count ? (__s64)count->entries : 0; /* not exact after an upgrade: below 0 is no limit */

	return limit && held + 2 > (__s64)limit;
}

/* Where it is, in `flows` or `pending`. How many entries that were. */
static __always_inline __u32 remove_flow(const struct flow_key *key)
{
	__u32 removed = 0;

	if (!bpf_map_delete_elem(&flows, key)) {
		add_to_count(key->vpc, -1);
		removed++;
	}
	if (!bpf_map_delete_elem(&pending, key))
		removed++;
	return removed;
}

/* Both directions. How many entries that were. */
static __always_inline __u32 forget_pair(const struct flow_key *key, struct flow_key *reversed)
{
	const struct flow *flow = find_flow(key);

	if (!flow)
		return 0;
	reverse_key(reversed, key, flow->peer_entry);
	return remove_flow(key) + remove_flow(reversed);
}
