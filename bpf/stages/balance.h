/* A packet of a local instance to a load balancer of its VPC: from here on it goes to a backend, as if it had been sent
 * there. Only where the packet's flow is not known, for none is recorded to the load balancer's own address. TC only. */
#pragma once

#include "stages/deliver.h"
#include "stages/fragment.h"
#include "stages/lookup.h"
#include "stages/quoted.h"
#include "stages/route.h"
#include "stages/router.h"
#include "stages/schedule.h"
#include "stages/sender.h"
#include "stages/served.h"
#include "stages/translate_new.h"

static __always_inline bool rewrite_side(struct packet *p, enum ip_side side, const struct replacement *to)
{
	return rewrite_address(p, side, &to->address) && rewrite_port(p, side, to->port);
}

/* Backend and client are one: it must see another peer than itself, or it would take the answers for its own. */
static __always_inline enum verdict send_to_itself(struct packet *p, const struct interface *interface, bool goes_out)
{
	const struct replacement *to = &p->scratch->replacement;
	const struct address sender = p->flow.source, service = p->flow.destination;
	const struct mac router = {VPCD_ROUTER_MAC};

	if (p->ttl <= 1)
		return refuse(p, interface, DROP_TTL_EXCEEDED, ICMP_ERROR(ICMP_TIME_EXCEEDED, ICMP_EXC_TTL), 0);
	if (!decrement_ttl(p, sizeof(struct ethhdr)) || !write_ethernet(p, &interface->mac, &router))
		return drop(p, DROP_MALFORMED);
	if (!rewrite_side(p, goes_out ? IP_SOURCE : IP_DESTINATION, to) ||
	    !rewrite_address(p, goes_out ? IP_DESTINATION : IP_SOURCE, goes_out ? &sender : &service))
		return drop(p, DROP_KERNEL);
	count_received(p, p->interface, p->length);
	if (!count(p, COUNTER_DELIVERED_LOCAL))
		trace_delivery(p, p->interface);
	return deliver(p, interface);
}

/* In: p->scratch->replacement. */
static __noinline enum verdict send_to_backend(struct packet *p, const struct interface *interface, __u32 flags)
{
	const struct replacement *to = &p->scratch->replacement;

	if (!interface || !p->scratch)
		return VERDICT_DROP;
	if (flags & TRANSLATION_OUT) {
		count_public_sent(p, to->id);
		trace(p, TRACE_BALANCE_SOURCE, bpf_ntohs(to->port), 0, 0, &to->address);
	} else {
		count_public_received(p, to->id);
		trace(p, TRACE_FORWARD_DESTINATION, to->vpc, bpf_ntohs(to->port), 0, &to->address);
	}
	if (unlikely(p->flags & PACKET_FRAGMENT))
		remember_fragment(p);
	if (flags & TRANSLATION_HAIRPIN)
		return send_to_itself(p, interface, flags & TRANSLATION_OUT);
	if (!rewrite_side(p, IP_DESTINATION, to))
		return drop(p, DROP_KERNEL);
	p->flags |= PACKET_BALANCED;
	return VERDICT_CONTINUE;
}

static __always_inline enum verdict refuse_client(struct packet *p, const struct interface *interface,
						  enum drop_reason reason)
{
	if (reason != DROP_NO_BACKEND)
		return drop(p, reason);
	return refuse(p, interface, reason, ICMP_ERROR(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH), 0);
}

/* Out: `flags` of the translation, 0: nobody listens there. */
static __noinline enum verdict balance_new(struct packet *p, const struct interface *interface, __u32 *flags)
{
	const struct service *service =
		find_service(&p->flow.destination, p->flow.vpc, p->flow.destination_port, p->flow.protocol);
	const struct settings *host = this_host();
	enum drop_reason reason;
	enum verdict verdict;

	if (!service || !interface || !host || !p->scratch || !flags)
		return VERDICT_CONTINUE;
	if (p->tcp_flags & TCP_RST)
		return drop(p, DROP_NO_TRANSLATION);
	verdict = stage_source(p, interface);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	reason = choose_backend(service, &p->scratch->in_key.source, is_traced(p), &p->scratch->replacement);
	if (reason != DROP_NONE)
		return refuse_client(p, interface, reason);
	if (is_at_translation_limit(host, NULL, p->flow.vpc))
		return drop(p, DROP_TRANSLATION_LIMIT);
	*flags = TRANSLATION_FROM_OUTSIDE | TRANSLATION_OF_SERVICE | TRANSLATION_INSIDE;
	if (same_address(&p->scratch->replacement.address, &p->flow.source))
		*flags |= TRANSLATION_HAIRPIN;
	trace(p, TRACE_BALANCE, TRACE_BALANCE_NEW, 0, 0, NULL);
	if (unlikely(is_traced(p)))
		return VERDICT_CONTINUE;
	begin_translation(p, p->flow.vpc, p->scratch->replacement.id,
			  generation_of_public(p->scratch->replacement.id), *flags);
	return open_connection(p);
}

/* A client's error about what came from the load balancer: is about what the backend has sent. */
static __noinline enum verdict balance_error(struct packet *p)
{
	const __u32 asked = TRANSLATION_INSIDE | TRANSLATION_OUT | TRANSLATION_HAIRPIN;
	const struct translation *known;

	if (!p->scratch)
		return VERDICT_DROP;
	known = find_quoted_connection(p, &p->scratch->out_key, &p->scratch->in_key, p->flow.vpc);
	if (!known || (known->flags & asked) != TRANSLATION_INSIDE)
		return VERDICT_CONTINUE;
	if (!rewrite_quoted(p, IP_SOURCE, &p->scratch->out_key, &p->scratch->replacement) ||
	    !rewrite_address(p, IP_DESTINATION, &p->scratch->replacement.address))
		return drop(p, DROP_KERNEL);
	return VERDICT_CONTINUE;
}

/* Is it to a load balancer's address? */
static __always_inline bool is_to_service(const struct packet *p)
{
	const struct endpoint_key key = {.address = p->flow.destination, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);

	return endpoint && endpoint->flags & ENDPOINT_SERVICE;
}

/* VERDICT_CONTINUE: it goes on, to a backend or, if it is for no load balancer, as it was. Out: PACKET_SERVED too. */
static __noinline enum verdict stage_balance(struct packet *p, const struct interface *interface)
{
	enum verdict verdict = VERDICT_CONTINUE;
	struct translation *known;
	__u32 flags = 0;

	p->scratch = this_scratch();
	if (!p->scratch || !interface)
		return VERDICT_DROP;
	recall_served(p);
	if (!is_to_service(p))
		return VERDICT_CONTINUE;
	if (p->flags & PACKET_ERROR)
		return balance_error(p);
	p->scratch->in_key = p->flow;
	p->scratch->in_key.entry = 0;
	known = find_translation(p, &p->scratch->in_key);
	if (known) {
		trace(p, TRACE_BALANCE, TRACE_BALANCE_KNOWN, 0, 0, NULL);
		touch_translation(p, &p->scratch->in_key, known);
		set_replacement(&p->scratch->replacement, known);
		flags = known->flags;
	} else {
		verdict = balance_new(p, interface, &flags);
	}
	return verdict == VERDICT_CONTINUE && flags ? send_to_backend(p, interface, flags) : verdict;
}
