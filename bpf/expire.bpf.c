/* Ends flows. Run by the agent by BPF_PROG_TEST_RUN; see abi/expiry.h. */
#include "lib/expire_translations.h"
#include "lib/flows.h"
#include "maps.h"

/* Nobody can send it or get it any more. */
static __always_inline bool is_orphan(const struct flow_key *key)
{
	const struct vpc_key vpc_key = {.vpc = key->vpc};

	return !bpf_map_lookup_elem(&vpcs, &vpc_key);
}

static __always_inline struct side side_of_flow(const struct flow *flow)
{
	struct side side = {};

	if (flow) {
		side.packets = flow->packets != 0;
		side.tcp_state = flow->tcp_state;
	}
	return side;
}

static long visit_flow(struct bpf_map *map, struct flow_key *key, struct flow *flow, struct walk *walk)
{
	struct flow_key own = *key, reversed;
	const __u32 seen = flow->last_seen;
	struct side own_side = side_of_flow(flow), peer_side;
	__u32 timeout, peer_seen = 0;
	struct flow *peer;

	(void)map;
	walk->seen++;
	reverse_key(&reversed, &own, flow->peer_entry);
	peer = walk->is_pending ? bpf_map_lookup_elem(&pending, &reversed) : bpf_map_lookup_elem(&flows, &reversed);
	if (peer)
		peer_seen = peer->last_seen;
	peer_side = side_of_flow(peer);
	timeout = is_orphan(&own) ? 0
				  : timeout_of(walk->timeouts, own.protocol, &own_side, &peer_side, walk->is_pending);
	if (!end_if_idle(walk->now, timeout, &flow->last_seen, seen, peer ? &peer->last_seen : NULL, peer_seen))
		return 0;
	walk->ended += remove_flow(&own);
	if (peer)
		walk->ended += remove_flow(&reversed);
	return 0;
}

static __always_inline void add_to_counter(enum counter which, __u32 more)
{
	const __u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += more;
}

static __always_inline void end_flows(struct expiry *expiry, struct walk *walk)
{
	bpf_for_each_map_elem(&flows, visit_flow, walk, 0);
	walk->is_pending = 1;
	bpf_for_each_map_elem(&pending, visit_flow, walk, 0);
	expiry->seen = walk->seen;
	expiry->ended = walk->ended;
	add_to_counter(COUNTER_FLOW_EXPIRED, walk->ended);
}

static __always_inline void end_translations(struct expiry *expiry, struct walk *walk)
{
	walk->seen = walk->ended = 0;
	bpf_for_each_map_elem(&translations, visit_translation, walk, 0);
	if (walk->mappings)
		bpf_for_each_map_elem(&translations, visit_mapping, walk, 0);
	bpf_for_each_map_elem(&translation_counts, visit_count, walk, 0);
	expiry->translations_seen = walk->seen;
	expiry->translations_ended = walk->ended;
	add_to_counter(COUNTER_TRANSLATION_EXPIRED, walk->ended);
}

SEC("syscall")
int expire_flows(struct expiry *expiry)
{
	struct walk walk = {.now = bpf_jiffies64()};

	for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++)
		walk.timeouts[i] = expiry->timeouts[i];
	end_flows(expiry, &walk);
	end_translations(expiry, &walk);
	return 0;
}

SEC("syscall")
int forget_flow(struct forgetting *forgetting)
{
	struct flow_key key = forgetting->key, reversed;

	forgetting->ended = forget_pair(&key, &reversed);
	return 0;
}

SEC("syscall")
int forget_translation(struct forgetting *forgetting)
{
	struct flow_key key = forgetting->key, reversed;
	const struct translation *known = bpf_map_lookup_elem(&translations, &key);

	forgetting->ended = known ? forget_translation_of(&key, known, &reversed) : 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
