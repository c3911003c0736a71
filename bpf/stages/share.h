/* The first packet of a connection from a private address that shares public ones: it gets a port of one of them. TC only.
 *
 * Addresses are tried in an order that the private address decides, so that it appears under one while that has ports
 * (RFC 4787, 4.1); ports in an order that the connection decides, so that a gateway that has lost its memory gives most
 * connections the ports they had. */
#pragma once

#include "lib/hash.h"
#include "stages/translate_new.h"

/* Of one address. Where nine in ten ports are taken, one among so many is free but once in a million times. */
#define PORT_PROBES 128

struct port_search {
	const struct snat *snat;
	__u32 first_address; /* index */
	__u32 hash;          /* of the connection */
	__u32 range;         /* ports there are */
	__u32 probes;        /* for each address */
	__s32 failed;        /* of the last attempt */
	__u32 is_dry;        /* the packet is traced: nothing is written */
};

/* In: the key of the direction that goes out. */
static __always_inline void begin_search(struct port_search *search, const struct snat *snat,
					 const struct flow_key *out)
{
	const __u32 of_address = mix(mix(0, ipv4_of(&out->source)), out->vpc);
	const __u32 ports = (__u32)out->source_port << 16 | out->destination_port;
	const __u32 hash = mix(mix(mix(of_address, ipv4_of(&out->destination)), ports), out->protocol);
	const __u32 range = has_ports(out->protocol) ? snat->last_port - snat->first_port + 1 : 1;

	search->snat = snat;
	search->first_address = of_address;
	search->range = range;
	search->hash = hash;
	search->probes = range > PORT_PROBES ? PORT_PROBES : range;
	search->failed = -EEXIST;
}

/* All ports of a small range, one after the other; of a large one any, for neighbours of a taken port are often taken. */
static __always_inline __u32 port_offset_at(const struct port_search *search, __u32 attempt)
{
	const bool is_small = search->range <= PORT_PROBES;

	return (is_small ? search->hash + attempt : mix(mix(search->hash, attempt), attempt)) % search->range;
}

/* The entry of the direction that comes in is what makes a port taken. Non-zero: enough. */
static long try_port(__u32 attempt, struct port_search *search)
{
	const struct snat *snat = search->snat;
	const __u32 index = (search->first_address + attempt / search->probes) % snat->count;
	const struct snat_address *address = &snat->addresses[index % SNAT_ADDRESSES];
	const __u32 offset = port_offset_at(search, attempt % search->probes);
	struct scratch *scratch = this_scratch();

	if (!scratch)
		return 1;
	scratch->in_key.destination = address->address;
	scratch->in_key.destination_port =
		has_ports(scratch->in_key.protocol) ? bpf_htons(snat->first_port + offset) : 0;
	scratch->translation.id = address->id;
	search->failed = search->is_dry ? 0
					: bpf_map_update_elem(&translations, &scratch->in_key, &scratch->translation,
							      BPF_NOEXIST);
	return search->failed != -EEXIST;
}

/* In: the key of the direction that goes out. Out: that of the other one, which is written. */
static __noinline int take_port(const struct packet *p, const struct snat *snat)
{
	struct scratch *scratch = p->scratch;
	struct port_search search = {};

	if (!scratch || !snat)
		return -1;
	begin_search(&search, snat, &scratch->out_key);
	search.is_dry = is_traced(p);
	reverse_key(&scratch->in_key, &scratch->out_key, 0);
	scratch->in_key.vpc = 0;
	direct(p, false, false);
	bpf_loop(snat->count * search.probes, try_port, &search, 0);
	return search.failed;
}

static __always_inline void use_in_key(const struct packet *p, __u32 id)
{
	struct replacement *replacement = &p->scratch->replacement;

	replacement->address = p->scratch->in_key.destination;
	replacement->port = p->scratch->in_key.destination_port;
	replacement->vpc = p->flow.vpc;
	replacement->id = id;
}

/* The port of the private one, whomever it talks to: known, or taken now. */
static __always_inline int find_mapping(const struct packet *p, const struct snat *snat)
{
	struct scratch *scratch = p->scratch;
	struct translation *known;
	int failed;

	if (!scratch || !snat)
		return -1;
	scratch->out_key = p->flow;
	__builtin_memset(&scratch->out_key.destination, 0, sizeof(scratch->out_key.destination));
	scratch->out_key.destination_port = 0;
	known = find_translation(p, &scratch->out_key);
	if (!known) {
		failed = take_port(p, snat);
		if (!failed)
			failed = write_out(p, false);
		if (failed && failed != -EEXIST)
			return failed;
		known = find_translation(p, &scratch->out_key);
	}
	if (!known)
		return -EEXIST;
	set_replacement(&scratch->replacement, known);
	return 0;
}

/* A connection by a mapping: its port is decided. */
static __always_inline int join_mapping(const struct packet *p, const struct snat *snat)
{
	struct scratch *scratch = p->scratch;
	int failed = find_mapping(p, snat);

	if (failed)
		return failed;
	scratch->translation.id = scratch->replacement.id;
	scratch->out_key = p->flow;
	reverse_key(&scratch->in_key, &p->flow, 0);
	scratch->in_key.vpc = 0;
	scratch->in_key.destination = scratch->replacement.address;
	scratch->in_key.destination_port = scratch->replacement.port;
	return write_pair(p, true);
}

static __always_inline int join(const struct packet *p, const struct snat *snat)
{
	int failed;

	p->scratch->out_key = p->flow;
	failed = take_port(p, snat);
	return failed ? failed : write_out(p, true);
}

/* Says under which address and port it would go. */
static __always_inline enum verdict trace_share(const struct packet *p, const struct snat *snat)
{
	struct scratch *scratch = p->scratch;

	trace(p, TRACE_TRANSLATION, TRACE_TRANSLATION_SHARED, 0, 0, NULL);
	scratch->out_key = p->flow;
	take_port(p, snat);
	use_in_key(p, 0);
	return VERDICT_CONTINUE;
}

/* In: p->flow without `entry`, which has no entry. Out: p->scratch->replacement. */
static __noinline enum verdict stage_share(struct packet *p, const struct settings *host)
{
	const struct snat *snat = find_snat(&p->flow.source, p->flow.vpc);
	struct translation *known;
	bool is_independent;
	int failed;

	if (!host || !p->scratch)
		return VERDICT_DROP;
	if (!snat)
		return drop(p, DROP_NO_PUBLIC);
	if (p->flags & PACKET_UNTRACKED || p->tcp_flags & TCP_RST)
		return drop(p, DROP_NO_TRANSLATION);
	if (snat->flags & SNAT_PORTS_ONLY && !has_ports(p->flow.protocol))
		return drop(p, DROP_NO_PORT);
	if (is_at_translation_limit(host, &p->flow.source, p->flow.vpc))
		return drop(p, DROP_TRANSLATION_LIMIT);
	if (unlikely(is_traced(p)))
		return trace_share(p, snat);

	is_independent = snat->flags & SNAT_ENDPOINT_INDEPENDENT && has_ports(p->flow.protocol);
	begin_translation(p, p->flow.vpc, 0, snat->generation, is_independent ? TRANSLATION_OF_MAPPING : 0);
	failed = is_independent ? join_mapping(p, snat) : join(p, snat);
	if (likely(!failed)) {
		use_in_key(p, p->scratch->translation.id);
		return VERDICT_CONTINUE;
	}
	known = failed == -EEXIST ? find_translation(p, &p->flow) : NULL; /* another CPU was quicker */
	if (!known)
		return drop_untranslated(p, failed);
	set_replacement(&p->scratch->replacement, known);
	return VERDICT_CONTINUE;
}
