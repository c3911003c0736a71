/* Answers to this host's own health checks: out of the VPC, to the device that the checks come from. No memory is needed: the
 * VPC is in the address that the check had before it entered (stages/check.h). */
#pragma once

#include "lib/drop.h"
#include "lib/rewrite.h"

static __always_inline bool is_of_check(const struct packet *p, const struct settings *host)
{
	return p->flags & PACKET_RETURNS && host->check_ifindex &&
	       ipv4_of(&p->flow.destination) == host->check_address;
}

/* An error repeats the check it is about. */
static __noinline enum verdict answer_check(struct packet *p, const struct settings *host)
{
	const struct mac asks = {VPCD_CHECK_MAC}, router = {VPCD_ROUTER_MAC};
	const struct address was = p->flow.destination;
	struct address to;

	if (!host)
		return VERDICT_DROP;
	set_ipv4(&to, bpf_htonl(VPCD_CHECK_BLOCK | p->flow.vpc));
	if (!rewrite_address(p, IP_DESTINATION, &to) ||
	    (p->flags & PACKET_ERROR && !rewrite_quoted_address(p, IP_SOURCE, &was, &to)))
		return drop(p, DROP_KERNEL);
	if (!write_ethernet(p, &asks, &router))
		return drop(p, DROP_MALFORMED);
	return bpf_redirect(host->check_ifindex, 0) == TC_ACT_REDIRECT ? VERDICT_REDIRECT : drop(p, DROP_KERNEL);
}
