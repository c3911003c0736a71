/* A packet of the Internet for a public address that private ones share: whose it is. TC only.
 * Out: p->scratch->replacement, or PACKET_PASSES. */
#pragma once

#include "lib/rewrite.h"
#include "stages/fragment.h"
#include "stages/quoted.h"
#include "stages/refuse_outside.h"
#include "stages/schedule.h"
#include "stages/translate_new.h"

/* Where the packet's port leads by the settings. False: nowhere. Out: p->scratch->replacement, the entry to be written. */
static __always_inline bool find_forwarded(const struct packet *p)
{
	struct replacement *replacement = &p->scratch->replacement;
	const struct flow_key *in = &p->scratch->in_key;
	const struct forward *forward = find_forward(&in->destination, in->destination_port, in->protocol);

	if (!forward)
		return false;
	replacement->address = forward->address;
	replacement->port = forward->port;
	begin_translation(p, forward->vpc, replacement->id, forward->generation, TRANSLATION_FROM_OUTSIDE);
	return true;
}

/* The same by a mapping that a private port has, which serves everybody (RFC 4787, 5). */
static __noinline bool find_mapped(const struct packet *p)
{
	struct scratch *scratch = p->scratch;
	struct translation *mapping;

	if (!scratch)
		return false;
	scratch->out_key = scratch->in_key;
	__builtin_memset(&scratch->out_key.source, 0, sizeof(scratch->out_key.source));
	scratch->out_key.source_port = 0;
	mapping = find_translation(p, &scratch->out_key);
	if (!mapping)
		return false;
	set_replacement(&scratch->replacement, mapping);
	begin_translation(p, mapping->vpc, mapping->id, mapping->generation, TRANSLATION_OF_MAPPING);
	return true;
}

/* Nothing is passed on twice. */
static __always_inline bool pass_to(struct packet *p, __u32 next_hop)
{
	if (!next_hop || p->flags & PACKET_PASSED)
		return false;
	p->next_hop = next_hop;
	p->flags |= PACKET_PASSES;
	return true;
}

/* Does the backend's own host answer, and so translate? Out: p->next_hop and PACKET_PASSES. */
static __noinline bool find_answering_host(struct packet *p, __u32 id)
{
	const struct backend *backend = bpf_map_lookup_elem(&backends, &id);

	if (!backend || !pass_to(p, backend->next_hop))
		return false;
	count_public_received(p, id);
	return true;
}

/* The same by a load balancer. DROP_NONE: a backend is chosen. */
static __noinline enum drop_reason find_balanced(const struct packet *p)
{
	__u8 flags = TRANSLATION_FROM_OUTSIDE | TRANSLATION_OF_SERVICE;
	const struct service *service;
	const struct backend *backend;
	const struct flow_key *in;
	enum drop_reason reason;

	if (!feature(SERVICE) || !p->scratch)
		return DROP_NO_TRANSLATION;
	in = &p->scratch->in_key;
	service = find_service(&in->destination, 0, in->destination_port, in->protocol);
	if (!service)
		return DROP_NO_TRANSLATION;
	reason = choose_backend(service, &in->source, is_traced(p), &p->scratch->replacement);
	if (reason != DROP_NONE)
		return reason;
	backend = bpf_map_lookup_elem(&backends, &p->scratch->replacement.id);
	if (backend && backend->next_hop)
		flags |= TRANSLATION_DIRECT;
	begin_translation(p, service->vpc, p->scratch->replacement.id,
			  generation_of_public(p->scratch->replacement.id), flags);
	return DROP_NONE;
}

/* Whom a connection is for. DROP_NONE: p->scratch->replacement says it. */
static __always_inline enum drop_reason find_whom(const struct packet *p)
{
	enum drop_reason reason;

	if (p->flags & PACKET_UNTRACKED || p->tcp_flags & TCP_RST)
		return DROP_NO_TRANSLATION;
	if (find_forwarded(p))
		return DROP_NONE;
	reason = find_balanced(p);
	return reason == DROP_NO_TRANSLATION && find_mapped(p) ? DROP_NONE : reason;
}

/* Has another host this port? Out: likewise. */
static __noinline bool find_slice(struct packet *p, __be16 port)
{
	struct slice_key key = {.prefix_len = SLICE_PREFIX_FIXED + SLICE_PORT_BITS};
	const struct slice *slice;

	key.address = p->flow.destination;
	key.port[0] = bpf_ntohs(port) >> 8;
	key.port[1] = bpf_ntohs(port) & 0xff;
	slice = bpf_map_lookup_elem(&slices, &key);
	return slice && pass_to(p, slice->next_hop);
}

/* A connection that the Internet opens. */
static __noinline enum verdict stage_forward(struct packet *p, const struct settings *host)
{
	struct scratch *scratch = p->scratch;
	enum drop_reason reason;
	bool is_served;

	if (!host || !scratch)
		return VERDICT_DROP;
	reason = find_whom(p);
	if (reason == DROP_NO_TRANSLATION && find_slice(p, scratch->in_key.destination_port))
		return VERDICT_CONTINUE;
	if (reason == DROP_NO_BACKEND)
		return refuse_outside(p, host, reason, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH), 0);
	if (reason != DROP_NONE)
		return drop(p, reason);
	is_served = backend_of(&scratch->translation);
	if (is_at_translation_limit(host, is_served ? NULL : &scratch->replacement.address, scratch->replacement.vpc))
		return drop(p, DROP_TRANSLATION_LIMIT);
	if (unlikely(is_traced(p))) {
		if (is_served)
			trace(p, TRACE_BALANCE, TRACE_BALANCE_NEW, 0, 0, NULL);
		else
			trace(p, TRACE_TRANSLATION, TRACE_TRANSLATION_FORWARDED, 0, 0, NULL);
		return VERDICT_CONTINUE;
	}
	return open_connection(p);
}

/* About a packet that was translated on its way out: what is quoted of it becomes what the instance has sent. */
static __noinline enum verdict untranslate_error(struct packet *p)
{
	const struct translation *known;

	if (!p->scratch)
		return VERDICT_DROP;
	known = find_quoted_connection(p, &p->scratch->out_key, &p->scratch->in_key, 0);
	if (feature(SERVICE) && known && backend_of(known) && find_answering_host(p, known->id))
		return VERDICT_CONTINUE;
	if (!known)
		return find_slice(p, p->scratch->out_key.source_port) ? VERDICT_CONTINUE
								      : drop(p, DROP_NO_TRANSLATION);
	return rewrite_quoted(p, IP_SOURCE, &p->scratch->out_key, &p->scratch->replacement) ? VERDICT_CONTINUE
											    : drop(p, DROP_KERNEL);
}

/* `to`: the row of its destination. */
static __noinline enum verdict stage_inside(struct packet *p, const struct settings *host,
					    const struct public_address *to)
{
	struct translation *known;
	enum verdict verdict;

	if (!p->scratch || !to)
		return VERDICT_DROP;
	p->scratch->in_key = p->flow;
	p->scratch->in_key.vpc = 0;
	p->scratch->replacement.vpc = to->vpc;
	p->scratch->replacement.id = to->id;
	if (p->flags & PACKET_ERROR)
		return untranslate_error(p);
	known = find_translation(p, &p->scratch->in_key);
	if (!known) {
		verdict = stage_forward(p, host);
		if (verdict != VERDICT_CONTINUE || p->flags & PACKET_PASSES)
			return verdict;
		known = &p->scratch->translation;
	} else {
		trace(p, TRACE_TRANSLATION, TRACE_TRANSLATION_KNOWN, 0, 0, NULL);
		touch_translation(p, &p->scratch->in_key, known);
		set_replacement(&p->scratch->replacement, known);
	}
	if (feature(SERVICE) && backend_of(known))
		find_answering_host(p, p->scratch->replacement.id);
	return VERDICT_CONTINUE;
}
