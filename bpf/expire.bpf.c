/* Ends flows. Run by the agent by BPF_PROG_TEST_RUN; see abi/expiry.h. */
#include <linux/in.h>

#include <vpcd/abi/expiry.h>

#include "lib/flows.h"
#include "maps.h"

struct bpf_map;

struct walk {
	__u32 timeouts[FLOW_TIMEOUT_COUNT];
	__u32 now;
	__u32 seen;
	__u32 ended;
	__u32 is_pending;
};

static __always_inline bool is_closed(const struct flow *flow)
{
	return flow && flow->tcp_state == TCP_STATE_CLOSED;
}

static __always_inline bool is_closing(const struct flow *flow)
{
	return flow && flow->tcp_state == TCP_STATE_CLOSING;
}

static __always_inline enum flow_timeout tcp_timeout(const struct walk *walk, const struct flow *flow,
						     const struct flow *peer)
{
	if (is_closed(flow) || is_closed(peer) || (is_closing(flow) && is_closing(peer)))
		return FLOW_TIMEOUT_TCP_CLOSED;
	if (walk->is_pending)
		return FLOW_TIMEOUT_TCP_HANDSHAKE;
	return is_closing(flow) || is_closing(peer) ? FLOW_TIMEOUT_TCP_CLOSING : FLOW_TIMEOUT_TCP_ESTABLISHED;
}

static __always_inline __u32 timeout_of(const struct walk *walk, const struct flow_key *key, const struct flow *flow,
					const struct flow *peer)
{
	enum flow_timeout which = FLOW_TIMEOUT_OTHER;

	if (key->protocol == IPPROTO_TCP)
		which = tcp_timeout(walk, flow, peer);
	else if (key->protocol == IPPROTO_UDP)
		which = peer && flow->packets && peer->packets ? FLOW_TIMEOUT_UDP : FLOW_TIMEOUT_UDP_UNANSWERED;
	else if (key->protocol == IPPROTO_ICMP)
		which = FLOW_TIMEOUT_ICMP;
	return walk->timeouts[which];
}

/* Nobody can send it or get it any more. */
static __always_inline bool is_orphan(const struct flow_key *key)
{
	const struct vpc_key vpc_key = {.vpc = key->vpc};

	return !bpf_map_lookup_elem(&vpcs, &vpc_key);
}

static __always_inline bool is_idle(const struct walk *walk, __u32 last_seen, __u32 timeout)
{
	return (__s32)(walk->now - last_seen) > (__s32)timeout;
}

/* A packet that uses the entry writes another time to the same word, so one of the two comes first: an entry that was used
 * since it was looked at stays. Of a pair, both or none. */
static __always_inline bool claim(struct flow *flow, __u32 seen, struct flow *peer, __u32 peer_seen)
{
	if (__sync_val_compare_and_swap(&flow->last_seen, seen, FLOW_GONE) != seen)
		return false;
	if (!peer || __sync_val_compare_and_swap(&peer->last_seen, peer_seen, FLOW_GONE) == peer_seen)
		return true;
	__sync_val_compare_and_swap(&flow->last_seen, FLOW_GONE, seen);
	return false;
}

static long visit_flow(struct bpf_map *map, struct flow_key *key, struct flow *flow, struct walk *walk)
{
	struct flow_key own = *key, reversed;
	const __u32 seen = flow->last_seen;
	__u32 timeout, peer_seen = 0;
	struct flow *peer;

	(void)map;
	walk->seen++;
	reverse_key(&reversed, &own, flow->peer_entry);
	peer = walk->is_pending ? bpf_map_lookup_elem(&pending, &reversed) : bpf_map_lookup_elem(&flows, &reversed);
	if (peer)
		peer_seen = peer->last_seen;
	timeout = is_orphan(&own) ? 0 : timeout_of(walk, &own, flow, peer);
	if (seen == FLOW_GONE || !is_idle(walk, seen, timeout) || (peer && !is_idle(walk, peer_seen, timeout)))
		return 0;
	if (!claim(flow, seen, peer, peer_seen))
		return 0;
	walk->ended += remove_flow(&own);
	if (peer)
		walk->ended += remove_flow(&reversed);
	return 0;
}

static __always_inline void count_expired(__u32 ended)
{
	const __u32 key = COUNTER_FLOW_EXPIRED;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += ended;
}

SEC("syscall")
int expire_flows(struct expiry *expiry)
{
	struct walk walk = {.now = bpf_jiffies64()};

	for (int i = 0; i < FLOW_TIMEOUT_COUNT; i++)
		walk.timeouts[i] = expiry->timeouts[i];

	bpf_for_each_map_elem(&flows, visit_flow, &walk, 0);
	walk.is_pending = 1;
	bpf_for_each_map_elem(&pending, visit_flow, &walk, 0);
	expiry->seen = walk.seen;
	expiry->ended = walk.ended;
	count_expired(walk.ended);
	return 0;
}

SEC("syscall")
int forget_flow(struct forgetting *forgetting)
{
	struct flow_key key = forgetting->key, reversed;

	forgetting->ended = forget_pair(&key, &reversed);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
