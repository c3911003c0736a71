/* Ends what nobody uses of the table of connections through NAT gateways. */
#pragma once

#include "lib/timeouts.h"
#include "lib/translations.h"

static __always_inline struct side side_of_translation(const struct translation *translation)
{
	struct side side = {};

	if (translation) {
		side.packets = translation->packets != 0;
		side.tcp_state = translation->tcp_state;
	}
	return side;
}

/* Its public address is not served here any more. */
static __always_inline bool is_abandoned(const struct translation *translation)
{
	const __u32 *generation = bpf_map_lookup_elem(&public_generations, &translation->id);

	return !generation || !*generation;
}

static __always_inline bool is_handshake(const struct side *own, const struct side *peer)
{
	return own->tcp_state == TCP_STATE_NONE || peer->tcp_state == TCP_STATE_NONE ||
	       (own->tcp_state == TCP_STATE_SYN && peer->tcp_state == TCP_STATE_SYN);
}

/* Has it no remote address? */
static __always_inline bool is_mapping(const struct flow_key *key, const struct translation *translation)
{
	const struct address *remote = translation->flags & TRANSLATION_OUT ? &key->destination : &key->source;

	return !*(const __u32 *)(remote->byte + 8); /* an IPv4 address has 0000ffff there */
}

/* A mapping lasts as long as there is a connection by it, and a while longer. `out`: that connection's key, which is
 * spoilt. */
static __always_inline void keep_mapping(struct flow_key *out, __u32 now)
{
	struct translation *mapping;
	__u32 seen;

	__builtin_memset(&out->destination, 0, sizeof(out->destination));
	out->destination_port = 0;
	mapping = bpf_map_lookup_elem(&translations, out);
	seen = mapping ? mapping->last_seen : FLOW_GONE;
	if (seen != FLOW_GONE)
		__sync_val_compare_and_swap(&mapping->last_seen, seen, now == FLOW_GONE ? FLOW_GONE + 1 : now);
}

/* False: it is in use. */
static __always_inline bool end_translation(struct walk *walk, const struct flow_key *own, struct flow_key *reversed,
					    struct translation *translation, bool is_mapped)
{
	const bool goes_out = translation->flags & TRANSLATION_OUT;
	const __u32 seen = translation->last_seen, backend = backend_of(translation);
	struct side own_side = side_of_translation(translation);
	__u32 timeout = walk->timeouts[FLOW_TIMEOUT_UDP_UNANSWERED], peer_seen = 0;
	struct translation *peer;
	struct side peer_side;

	reverse_translated(reversed, own, translation);
	peer = bpf_map_lookup_elem(&translations, reversed);
	peer_side = side_of_translation(peer);
	if (peer)
		peer_seen = peer->last_seen;
	if (translation->flags & TRANSLATION_DIRECT) {
		if (goes_out)
			own_side = peer_side;
		else
			peer_side = own_side;
	}
	if (!is_mapped)
		timeout = timeout_of(walk->timeouts, own->protocol, &own_side, &peer_side,
				     is_handshake(&own_side, &peer_side));
	if (is_abandoned(translation))
		timeout = 0;
	if (!end_if_idle(walk->now, timeout, &translation->last_seen, seen, peer ? &peer->last_seen : NULL,
			 peer_seen))
		return false;
	walk->ended +=
		goes_out ? remove_translation(own, reversed, backend) : remove_translation(reversed, own, backend);
	return true;
}

static long visit_translation(struct bpf_map *map, struct flow_key *key, struct translation *translation,
			      struct walk *walk)
{
	const __u8 flags = translation->flags;
	struct flow_key own = *key, reversed;

	(void)map;
	walk->seen++;
	if (is_mapping(&own, translation))
		walk->mappings++;
	else if (!end_translation(walk, &own, &reversed, translation, false) && flags & TRANSLATION_OUT &&
		 flags & TRANSLATION_OF_MAPPING)
		keep_mapping(&own, walk->now);
	return 0;
}

static long visit_mapping(struct bpf_map *map, struct flow_key *key, struct translation *translation,
			  struct walk *walk)
{
	struct flow_key own = *key, reversed;

	(void)map;
	if (is_mapping(&own, translation))
		end_translation(walk, &own, &reversed, translation, true);
	return 0;
}

/* Of whoever has no translation any more. One that gets its next one meanwhile is counted by one less than it has. */
static long visit_count(struct bpf_map *map, struct translation_count_key *key, struct translation_count *count,
			struct walk *walk)
{
	struct translation_count_key own = *key;

	(void)map;
	(void)walk;
	if ((__s64)count->pairs <= 0)
		bpf_map_delete_elem(&translation_counts, &own);
	return 0;
}
