/* Out of a VPC: a packet goes to the Internet from the public address of its sender, or from one that the sender shares
 * with others. In: p->flow; an Ethernet header, then the IP packet. */
#pragma once

#include "lib/drop.h"
#include "lib/bandwidth.h"
#include "lib/rewrite.h"
#include "stages/answer_check.h"
#include "stages/external.h"
#include "stages/fragment.h"
#include "stages/mss.h"
#include "stages/quoted.h"
#include "stages/share.h"
#include "stages/size.h"

/* One to one needs no memory: no entry is written. */
static __always_inline enum verdict leave_alone(struct packet *p, const struct elastic *elastic)
{
	const struct address private = p->flow.source;

	if (stage_public_limit(p, elastic->id, true) != VERDICT_CONTINUE)
		return VERDICT_DROP;
	count_public_sent(p, elastic->id);
	trace(p, TRACE_TRANSLATE_SOURCE, 0, 0, 0, &elastic->address);
	if (!rewrite_address(p, IP_SOURCE, &elastic->address))
		return drop(p, DROP_KERNEL);
	if (p->flags & PACKET_ERROR && !rewrite_quoted_address(p, IP_DESTINATION, &private, &elastic->address))
		return drop(p, DROP_KERNEL);
	return VERDICT_CONTINUE;
}

/* An instance's error, or a router's in the VPC, about a packet that was translated on its way in: comes from the public
 * address, whoever sent it (RFC 5508, 4.2). */
static __noinline enum verdict leave_error(struct packet *p)
{
	if (!p->scratch)
		return VERDICT_DROP;
	if (!find_quoted_connection(p, &p->scratch->in_key, &p->scratch->out_key, p->flow.vpc))
		return drop(p, DROP_NO_TRANSLATION);
	return rewrite_quoted(p, IP_DESTINATION, &p->scratch->in_key, &p->scratch->replacement)
		       ? VERDICT_CONTINUE
		       : drop(p, DROP_KERNEL);
}

/* Out: p->scratch->replacement. */
static __always_inline enum verdict find_shared(struct packet *p, const struct settings *host)
{
	struct translation *known;

	if (p->flags & PACKET_ERROR)
		return leave_error(p);
	known = find_translation(p, &p->flow);
	if (unlikely(!known))
		return p->flags & PACKET_RETURNS ? drop(p, DROP_NO_TRANSLATION) : stage_share(p, host);
	trace(p, TRACE_TRANSLATION, TRACE_TRANSLATION_KNOWN, 0, 0, NULL);
	touch_translation(p, &p->flow, known);
	set_replacement(&p->scratch->replacement, known);
	return VERDICT_CONTINUE;
}

/* Answers come by another host, through a tunnel: who sends them may never see that host's ICMP. */
static __noinline long fit_answers(const struct packet *p, const struct settings *host, const struct address *address)
{
	const struct public_address *public = public_row(address);

	if (host && public && public->flags & PUBLIC_PASSED && clamp_mss(p, host->tunnel_mtu))
		count(p, COUNTER_MSS_CLAMPED);
	return 0;
}

static __always_inline enum verdict leave_shared(struct packet *p, const struct settings *host)
{
	const struct replacement *replacement;
	enum verdict verdict = VERDICT_CONTINUE;

	p->scratch = this_scratch();
	if (!p->scratch || !host)
		return VERDICT_DROP;
	p->flow.entry = 0;
	if (unlikely(p->flags & PACKET_FRAGMENT) && p->flags & PACKET_LEAVES) /* others have been there */
		verdict = stage_fragment(p);
	if (verdict == VERDICT_CONTINUE)
		verdict = find_shared(p, host);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	replacement = &p->scratch->replacement;
	if (stage_public_limit(p, replacement->id, true) != VERDICT_CONTINUE)
		return VERDICT_DROP;
	count_public_sent(p, replacement->id);
	trace(p, TRACE_SHARE_SOURCE, bpf_ntohs(replacement->port), 0, 0, &replacement->address);
	if (unlikely(p->tcp_flags & TCP_SYN))
		fit_answers(p, host, &replacement->address);
	if (unlikely(p->flags & PACKET_FRAGMENT))
		remember_fragment(p);
	if (!rewrite_address(p, IP_SOURCE, &replacement->address) ||
	    (!(p->flags & PACKET_ERROR) && !rewrite_port(p, IP_SOURCE, replacement->port)))
		return drop(p, DROP_KERNEL);
	return VERDICT_CONTINUE;
}

static __always_inline const struct elastic *find_elastic(const struct packet *p)
{
	const struct elastic_key key = {.address = p->flow.source, .vpc = p->flow.vpc};

	return bpf_map_lookup_elem(&elastics, &key);
}

static __noinline enum verdict stage_leave(struct packet *p, const struct settings *host)
{
	const struct elastic *elastic = p->flags & PACKET_RETURNS ? NULL : find_elastic(p);
	enum verdict verdict;

	if (!host)
		return VERDICT_DROP;
	if (is_of_check(p, host))
		return answer_check(p, host);
	if (!host->external_ifindex)
		return drop(p, DROP_NO_GATEWAY);
	if (wire_size(p) > host->external_mtu)
		return drop(p, DROP_TOO_BIG);
	if (elastic)
		verdict = leave_alone(p, elastic);
	else
		verdict = feature(NAT) ? leave_shared(p, host) : drop(p, DROP_NO_PUBLIC);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	verdict = send_out(p, host, &p->flow.destination);
	if (verdict == VERDICT_REDIRECT)
		count(p, COUNTER_TRANSLATED_OUT);
	return verdict;
}
