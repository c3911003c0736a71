/* Out of a VPC: a packet whose sender has a public address that is served here goes to the Internet from that address.
 * In: p->flow; an Ethernet header, then the IP packet. One to one needs no memory: no flow is written. */
#pragma once

#include "lib/drop.h"
#include "lib/rewrite.h"
#include "stages/size.h"

static __always_inline void count_public_sent(const struct packet *p, __u32 id)
{
	const __u32 key = counted_key(p, id);
	struct public_counters *counters_of = bpf_map_lookup_elem(&public_traffic, &key);

	if (!counters_of)
		return;
	counters_of->tx_packets += 1;
	counters_of->tx_bytes += inner_bytes(p);
}

/* The host's own routes and neighbours say to whom, among those of the external device. */
static __always_inline enum verdict send_external(const struct packet *p, const struct settings *host)
{
	if (bpf_redirect_neigh(host->external_ifindex, NULL, 0, 0) != TC_ACT_REDIRECT)
		return drop(p, DROP_KERNEL);
	if (!count(p, COUNTER_TRANSLATED_OUT))
		trace(p, TRACE_EXTERNAL, host->external_ifindex, 0, 0, NULL);
	return VERDICT_REDIRECT;
}

/* To a public address that this host serves itself: the packet would not come back from the wire, so it enters as if it had
 * come from there. */
static __always_inline enum verdict send_around(const struct packet *p, const struct settings *host)
{
	if (!write_ethernet(p, &host->external_mac, &host->external_mac))
		return drop(p, DROP_MALFORMED);
	if (bpf_redirect(host->external_ifindex, BPF_F_INGRESS) != TC_ACT_REDIRECT)
		return drop(p, DROP_KERNEL);
	if (!count(p, COUNTER_TRANSLATED_OUT))
		trace(p, TRACE_EXTERNAL, host->external_ifindex, 1, 0, NULL);
	return VERDICT_REDIRECT;
}

static __noinline enum verdict stage_leave(struct packet *p, const struct settings *host)
{
	const struct elastic_key key = {.address = p->flow.source, .vpc = p->flow.vpc};
	const struct elastic *elastic = bpf_map_lookup_elem(&elastics, &key);
	struct public_key destination = {.address = p->flow.destination};

	if (!host)
		return VERDICT_DROP;
	if (!elastic)
		return drop(p, DROP_NO_PUBLIC);
	if (!host->external_ifindex)
		return drop(p, DROP_NO_GATEWAY);
	if (wire_size(p) > host->external_mtu)
		return drop(p, DROP_TOO_BIG);
	count_public_sent(p, elastic->id);
	trace(p, TRACE_TRANSLATE_SOURCE, 0, 0, 0, &elastic->address);
	if (!rewrite_address(p, IP_SOURCE, &elastic->address))
		return drop(p, DROP_KERNEL);
	if (p->flags & PACKET_ERROR && !rewrite_quoted_address(p, IP_DESTINATION, &key.address, &elastic->address))
		return drop(p, DROP_KERNEL);
	return bpf_map_lookup_elem(&publics, &destination) ? send_around(p, host) : send_external(p, host);
}
