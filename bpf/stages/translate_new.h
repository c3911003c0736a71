/* Writing a new connection through a NAT gateway: both directions or none. In: p->scratch->out_key and in_key, the keys of
 * the two. TC only. */
#pragma once

#include "stages/translate.h"

/* p->scratch->translation becomes the entry of one direction. */
static __always_inline struct translation *direct(const struct packet *p, bool goes_out, bool is_of_packet)
{
	struct translation *translation = &p->scratch->translation;
	const bool is_tcp = p->flow.protocol == IPPROTO_TCP;

	if (goes_out) {
		translation->address = p->scratch->in_key.destination;
		translation->port = p->scratch->in_key.destination_port;
		translation->flags |= TRANSLATION_OUT;
	} else {
		translation->address = p->scratch->out_key.source;
		translation->port = p->scratch->out_key.source_port;
		translation->flags &= ~TRANSLATION_OUT;
	}
	translation->packets = is_of_packet;
	translation->bytes = is_of_packet ? inner_bytes(p) : 0;
	if (is_tcp && !(p->tcp_flags & TCP_SYN))
		translation->tcp_state = TCP_STATE_ESTABLISHED; /* its SYN was long ago */
	else
		translation->tcp_state = is_tcp && is_of_packet ? TCP_STATE_SYN : TCP_STATE_NONE;
	return translation;
}

/* Of what has its entry for the direction that comes in. It has none that goes out, or two CPUs have met: the later one
 * gives way. 0, or an error. */
static __noinline int write_out(const struct packet *p, bool is_of_packet)
{
	struct scratch *scratch = p->scratch;
	int failed;

	if (!scratch)
		return -1;
	failed = bpf_map_update_elem(&translations, &scratch->out_key, direct(p, true, is_of_packet), BPF_NOEXIST);
	if (failed) {
		bpf_map_delete_elem(&translations, &scratch->in_key);
		return failed;
	}
	count_translation(&scratch->out_key, &scratch->in_key, backend_of(&scratch->translation), 1);
	count(p, backend_of(&scratch->translation) ? COUNTER_BALANCED : COUNTER_TRANSLATION_CREATED);
	return 0;
}

/* Both directions. */
static __noinline int write_pair(const struct packet *p, bool goes_out)
{
	struct scratch *scratch = p->scratch;
	int failed;

	if (!scratch)
		return -1;
	failed = bpf_map_update_elem(&translations, &scratch->in_key, direct(p, false, !goes_out), BPF_NOEXIST);
	return failed ? failed : write_out(p, goes_out);
}

/* What both directions have in common. */
static __always_inline void begin_translation(const struct packet *p, __u32 vpc, __u32 id, __u32 generation,
					      __u8 flags)
{
	struct translation *translation = &p->scratch->translation;

	__builtin_memset(translation, 0, sizeof(*translation));
	translation->vpc = vpc;
	translation->id = id;
	translation->generation = generation;
	translation->created = translation->last_seen = jiffies_now();
	translation->flags = flags;
}

/* Why a connection has no entry. `failed`: what the table said. */
static __always_inline enum verdict drop_untranslated(const struct packet *p, int failed)
{
	return drop(p, !failed || failed == -EEXIST ? DROP_NO_PORT : DROP_TRANSLATIONS_FULL);
}

/* The answer's key: from who is behind the address that the packet was sent to. A backend that is its own client answers that
 * very address. */
static __always_inline void set_answer_key(struct scratch *scratch)
{
	const __u8 flags = scratch->translation.flags;

	reverse_key(&scratch->out_key, &scratch->in_key, 0);
	if (flags & TRANSLATION_HAIRPIN)
		scratch->out_key.destination = scratch->in_key.destination;
	scratch->out_key.vpc = scratch->replacement.vpc;
	scratch->out_key.source = scratch->replacement.address;
	scratch->out_key.source_port = scratch->replacement.port;
}

/* A connection to what p->scratch->replacement says, begun by begin_translation(). In: p->scratch->in_key. Out: where another CPU
 * was quicker, what that one has written. */
static __noinline enum verdict open_connection(struct packet *p)
{
	struct scratch *scratch = p->scratch;
	struct translation *known;
	int failed;

	if (!scratch)
		return VERDICT_DROP;
	set_answer_key(scratch);
	failed = write_pair(p, false);
	if (!failed)
		return VERDICT_CONTINUE;
	known = failed == -EEXIST ? find_translation(p, &scratch->in_key) : NULL;
	if (!known)
		return drop_untranslated(p, failed);
	set_replacement(&scratch->replacement, known);
	return VERDICT_CONTINUE;
}
