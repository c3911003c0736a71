/* The table of connections through NAT gateways: both directions of one, or none. */
#pragma once

#include <vpcd/abi/nat.h>

#include "lib/compiler.h"
#include "maps.h"

/* The key of the other direction: that of the answer to the translated packet. */
static __always_inline void reverse_translated(struct flow_key *reversed, const struct flow_key *key,
					       const struct translation *translation)
{
	const bool goes_out = translation->flags & TRANSLATION_OUT;

	reversed->source = goes_out ? key->destination : translation->address;
	reversed->destination = goes_out ? translation->address : key->source;
	reversed->vpc = goes_out ? 0 : translation->vpc;
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

/* By the keys of its two directions. */
static __always_inline void count_translation(const struct flow_key *out, const struct flow_key *in, __s64 pairs)
{
	add_translations(NULL, out->vpc, pairs);
	add_translations(&out->source, out->vpc, pairs);
	add_translations(&in->destination, 0, pairs);
}

/* Both directions, by their keys. How many entries that were. */
static __always_inline __u32 remove_translation(const struct flow_key *out, const struct flow_key *in)
{
	const bool had_out = !bpf_map_delete_elem(&translations, out);
	const bool had_in = !bpf_map_delete_elem(&translations, in);

	if (had_out)
		count_translation(out, in, -1);
	return had_out + had_in;
}

/* The same by one of them. Out: the other's key. */
static __always_inline __u32 forget_translation_of(const struct flow_key *key, const struct translation *translation,
						   struct flow_key *reversed)
{
	const bool goes_out = translation->flags & TRANSLATION_OUT;

	reverse_translated(reversed, key, translation);
	return goes_out ? remove_translation(key, reversed) : remove_translation(reversed, key);
}
