/* Out of this host's external device. In: an Ethernet header, then an IP packet of the Internet. TC only. */
#pragma once

#include <linux/pkt_cls.h>

#include "lib/drop.h"

/* The host's own routes and neighbours say to whom, among those of the external device. */
static __always_inline enum verdict send_external(const struct packet *p, const struct settings *host)
{
	if (bpf_redirect_neigh(host->external_ifindex, NULL, 0, 0) != TC_ACT_REDIRECT)
		return drop(p, DROP_KERNEL);
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
	trace(p, TRACE_EXTERNAL, host->external_ifindex, 1, 0, NULL);
	return VERDICT_REDIRECT;
}

/* NULL: this host does not serve it. */
static __noinline const struct public_address *public_row(const struct address *address)
{
	struct public_key key = {};

	if (!address)
		return NULL;
	key.address = *address;
	return bpf_map_lookup_elem(&publics, &key);
}

/* Is what the Internet sends to it taken here, all of it? */
static __always_inline bool is_served(const struct address *address)
{
	const struct public_address *public = public_row(address);

	return public && !(public->flags & PUBLIC_QUIET);
}

/* `to`: the packet's destination. */
static __always_inline enum verdict send_out(const struct packet *p, const struct settings *host,
					     const struct address *to)
{
	return is_served(to) ? send_around(p, host) : send_external(p, host);
}
