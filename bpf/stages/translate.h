/* What is known of a packet's connection through a NAT gateway, and whether the settings of now still allow it.
 * TC only. */
#pragma once

#include "lib/drop.h"
#include "lib/services.h"
#include "lib/translations.h"
#include "stages/track.h"

static __always_inline bool same_address(const struct address *a, const struct address *b)
{
	return *address_word(a, 3) == *address_word(b, 3) && *address_word(a, 2) == *address_word(b, 2) &&
	       *address_word(a, 1) == *address_word(b, 1) && *address_word(a, 0) == *address_word(b, 0);
}

static __always_inline __u32 generation_of_public(__u32 id)
{
	const __u32 *generation = bpf_map_lookup_elem(&public_generations, &id);

	return generation ? *generation : 0;
}

/* Who shares which public addresses; NULL: this one none. */
static __always_inline const struct snat *find_snat(const struct address *private, __u32 vpc)
{
	const struct snat_key key = {
		.prefix_len = SNAT_PREFIX_FIXED + 8 * sizeof(*private),
		.vpc = vpc,
		.address = *private,
	};

	return bpf_map_lookup_elem(&snats, &key);
}

static __always_inline const struct forward *find_forward(const struct address *public, __be16 port, __u8 protocol)
{
	const struct forward_key key = {.address = *public, .port = port, .protocol = protocol};

	return bpf_map_lookup_elem(&forwards, &key);
}

struct address_search {
	const struct snat *snat;
	const struct address *public;
	__u32 is_found;
};

static long try_address(__u32 index, struct address_search *search)
{
	search->is_found = same_address(&search->snat->addresses[index % SNAT_ADDRESSES].address, search->public);
	return search->is_found;
}

/* Not a loop, which the verifier would walk through for each of those who ask. */
static __always_inline bool shares(const struct snat *snat, const struct address *public)
{
	struct address_search search = {.snat = snat, .public = public};

	bpf_loop(snat->count, try_address, &search, 0);
	return search.is_found;
}

/* TCP, UDP, and ICMP queries, whose identifier serves as one. Of other protocols an address has one connection with each
 * destination. */
static __always_inline bool has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP;
}

/* A port from before the settings of now may be kept, unless another host could give it away. */
static __always_inline bool owns_port(const struct snat *snat, const struct flow_key *in)
{
	const __u16 port = bpf_ntohs(in->destination_port);

	if (!(snat->flags & SNAT_SLICE))
		return true;
	if (!has_ports(in->protocol))
		return !(snat->flags & SNAT_PORTS_ONLY);
	return port >= snat->first_port && port <= snat->last_port;
}

/* Of a load balancer's connection. `out`, `in`: the keys of its directions; the same below. Functions of their own, each
 * with a small frame. */
static __noinline bool is_still_served(const struct flow_key *out, const struct flow_key *in, __u32 id)
{
	const struct service *service;
	const struct backend *backend = bpf_map_lookup_elem(&backends, &id);

	if (!out || !in || !backend || state_of_backend(id) == BACKEND_DEAD)
		return false;
	service = find_service(&in->destination, in->vpc, in->destination_port, in->protocol);
	return service && backend->service == service->id && backend->port == out->source_port &&
	       same_address(&backend->address, &out->source) && may_be_client(service, &in->source);
}

static __noinline bool is_still_shared(const struct flow_key *out, const struct flow_key *in)
{
	const struct snat *snat;

	if (!out || !in)
		return false;
	snat = find_snat(&out->source, out->vpc);
	return snat && shares(snat, &in->destination) && owns_port(snat, in);
}

static __noinline bool is_still_forwarded(const struct flow_key *out, const struct flow_key *in)
{
	const struct forward *forward;

	if (!out || !in)
		return false;
	forward = find_forward(&in->destination, in->destination_port, in->protocol);
	return forward && forward->vpc == out->vpc && forward->port == out->source_port &&
	       same_address(&forward->address, &out->source);
}

static __always_inline bool is_still_granted(const struct flow_key *out, const struct flow_key *in,
					     const struct translation *translation)
{
	if (feature(SERVICE) && backend_of(translation))
		return is_still_served(out, in, translation->id);
	return translation->flags & TRANSLATION_FROM_OUTSIDE ? is_still_forwarded(out, in) : is_still_shared(out, in);
}

/* Begun under other settings: it goes on under those of now, or ends. False: ended. Not static, so that the verifier walks it
 * once and not for each of those who ask; then 6.1 takes no argument for the key of a table, hence the copies. */
__noinline bool renew_translation(const struct flow_key *key, struct translation *translation, bool is_dry)
{
	struct scratch *scratch = this_scratch();
	struct flow_key *own, *reversed;
	bool goes_out, is_granted;

	if (!key || !translation || !scratch)
		return false;
	own = &scratch->renewed[0];
	reversed = &scratch->renewed[1];
	*own = *key;
	reverse_translated(reversed, own, translation);
	goes_out = translation->flags & TRANSLATION_OUT;
	is_granted = is_still_granted(goes_out ? own : reversed, goes_out ? reversed : own, translation);
	if (is_granted && !is_dry)
		translation->generation = generation_of_public(translation->id);
	else if (!is_dry)
		forget_translation_of(own, translation, reversed);
	return is_granted;
}

/* Was it decided under the settings of now, and does who answers still live? */
static __always_inline bool is_in_force(const struct translation *translation)
{
	if (feature(SERVICE) && backend_of(translation) &&
	    unlikely(state_of_backend(translation->id) == BACKEND_DEAD))
		return false;
	return translation->generation == generation_of_public(translation->id);
}

/* NULL: not known, or not any more. */
static __always_inline struct translation *find_translation(const struct packet *p, const struct flow_key *key)
{
	struct translation *translation = bpf_map_lookup_elem(&translations, key);

	if (!translation || (!is_traced(p) && !is_seen_now(&translation->last_seen)))
		return NULL;
	if (likely(is_in_force(translation)) || renew_translation(key, translation, is_traced(p)))
		return translation;
	return NULL;
}

/* A SYN where a connection has ended begins the next one; a live one is not its business (see track_syn()). */
static __noinline long begin_again(const struct packet *p, const struct flow_key *key,
				   struct translation *translation)
{
	struct flow_key *reversed = &p->scratch->key;
	struct translation *peer;

	reverse_translated(reversed, key, translation);
	peer = bpf_map_lookup_elem(&translations, reversed);
	if (translation->tcp_state < TCP_STATE_CLOSING && (!peer || peer->tcp_state < TCP_STATE_CLOSING))
		return 0;
	translation->tcp_state = TCP_STATE_NONE;
	if (peer)
		peer->tcp_state = TCP_STATE_NONE;
	return 0;
}

/* `key`: its own. */
static __always_inline void touch_translation(const struct packet *p, const struct flow_key *key,
					      struct translation *translation)
{
	if (unlikely(is_traced(p)))
		return;
	if (unlikely(opens_tcp(p)))
		begin_again(p, key, translation);
	translation->packets += 1;
	translation->bytes += inner_bytes(p);
	if (p->flow.protocol == IPPROTO_TCP) {
		const __u8 state = next_tcp_state(translation->tcp_state, p->tcp_flags);

		if (state != translation->tcp_state)
			translation->tcp_state = state;
	}
}

static __always_inline void count_public_sent(const struct packet *p, __u32 id)
{
	const __u32 key = counted_key(p, id);
	struct public_counters *counters_of = bpf_map_lookup_elem(&public_traffic, &key);

	if (!counters_of)
		return;
	counters_of->tx_packets += 1;
	counters_of->tx_bytes += inner_bytes(p);
}

static __always_inline void count_public_received(const struct packet *p, __u32 id)
{
	const __u32 key = counted_key(p, id);
	struct public_counters *counters_of = bpf_map_lookup_elem(&public_traffic, &key);

	if (!counters_of)
		return;
	counters_of->rx_packets += 1;
	counters_of->rx_bytes += inner_bytes(p);
}

static __always_inline void set_replacement(struct replacement *replacement, const struct translation *translation)
{
	replacement->address = translation->address;
	replacement->vpc = translation->vpc;
	replacement->id = translation->id;
	replacement->port = translation->port;
}

/* Has the VPC, or this address in it, as many as it may? NULL: only the VPC is asked. */
static __always_inline bool is_at_translation_limit(const struct settings *host, const struct address *private,
						    __u32 vpc)
{
	const struct translation_count *of_vpc = translation_count_of(NULL, vpc);
	const struct translation_count *of_address = private ? translation_count_of(private, vpc) : NULL;

	return (of_vpc && (__s64)of_vpc->pairs >= (__s64)host->translations_per_vpc) ||
	       (of_address && (__s64)of_address->pairs >= (__s64)host->translations_per_address);
}
