/* The table of connections through NAT gateways: both directions of one, or none. */
#pragma once

#include <vpcd/abi/nat.h>

#include "lib/compiler.h"
#include "maps.h"

/* The key of the other direction: that of the answer to the translated packet. Where one instance is both sides, it sends
 * to the same address in either direction. */
static __always_inline void reverse_translated(struct flow_key *reversed, const struct flow_key *key,
					       const struct translation *translation)
{
	const bool goes_out = translation->flags & TRANSLATION_OUT;
	const bool is_hairpin = translation->flags & TRANSLATION_HAIRPIN;
	const bool is_inside = translation->flags & TRANSLATION_INSIDE;

	reversed->source = !goes_out ? translation->address : is_hairpin ? key->source : key->destination;
	reversed->destination = goes_out ? translation->address : is_hairpin ? key->destination : key->source;
	reversed->vpc = goes_out && !is_inside ? 0 : translation->vpc;
	reversed->entry = 0;
	reversed->source_port = goes_out ? key->destination_port : translation->port;
	reversed->destination_port = goes_out ? translation->port : key->source_port;
	reversed->protocol = key->protocol;
	__builtin_memset(reversed->pad, 0, sizeof(reversed->pad));
}

/* `address`: NULL: of the whole VPC. */
static __always_inline struct translation_count *translation_count_of(const struct address *address, __u32 vpc)
{
	struct translation_count_key key = {.vpc = vpc};

	if (address)
		key.address = *address;
	return bpf_map_lookup_elem(&translation_counts, &key);
}

/* What a full table of counts has no room for is not counted. */
static __noinline long add_translations(const struct address *address, __u32 vpc, __s64 pairs)
{
	struct translation_count *count = translation_count_of(address, vpc);
	const struct translation_count none = {};
	struct translation_count_key key = {.vpc = vpc};

	if (!count && pairs > 0) {
		if (address)
			key.address = *address;
		bpf_map_update_elem(&translation_counts, &key, &none, BPF_NOEXIST);
		count = translation_count_of(address, vpc);
	}
	if (count)
		__sync_fetch_and_add(&count->pairs, pairs);
	return 0;
}

/* The backend of a load balancer's connection; 0: of a NAT gateway's. */
static __always_inline __u32 backend_of(const struct translation *translation)
{
	return translation->flags & TRANSLATION_OF_SERVICE ? translation->id : 0;
}

static __always_inline void add_connections(__u32 backend, __s64 pairs)
{
	__u64 *connections = bpf_map_lookup_elem(&backend_connections, &backend);

	if (connections)
		__sync_fetch_and_add(connections, pairs);
}

/* By the keys of its two directions. */
static __always_inline void count_translation(const struct flow_key *out, const struct flow_key *in, __u32 backend,
					      __s64 pairs)
{
	add_translations(NULL, out->vpc, pairs);
	add_translations(&in->destination, in->vpc, pairs);
	if (backend)
		add_connections(backend, pairs);
	else
		add_translations(&out->source, out->vpc, pairs);
}

/* Both directions, by their keys. How many entries that were. */
static __always_inline __u32 remove_translation(const struct flow_key *out, const struct flow_key *in, __u32 backend)
{
	const bool had_out = !bpf_map_delete_elem(&translations, out);
	const bool had_in = !bpf_map_delete_elem(&translations, in);

	if (had_out)
		count_translation(out, in, backend, -1);
	return had_out + had_in;
}

/* The same by one of them. Out: the other's key. */
static __always_inline __u32 forget_translation_of(const struct flow_key *key, const struct translation *translation,
						   struct flow_key *reversed)
{
	const bool goes_out = translation->flags & TRANSLATION_OUT;
	const __u32 backend = backend_of(translation);

	reverse_translated(reversed, key, translation);
	return goes_out ? remove_translation(key, reversed, backend) : remove_translation(reversed, key, backend);
}
