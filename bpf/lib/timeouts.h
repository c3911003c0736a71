/* How long a connection lasts that nobody uses (vpcd/abi/expiry.h), and ending it while packets go on. */
#pragma once

#include <linux/in.h>

#include <vpcd/abi/expiry.h>

#include "lib/compiler.h"

struct bpf_map;

/* One look at all entries of the tables. */
struct walk {
	__u32 timeouts[FLOW_TIMEOUT_COUNT];
	__u32 now;
	__u32 seen;
	__u32 ended;
	__u32 is_pending;
	__u32 mappings; /* seen, which are not looked at before all that may use them */
};

/* What there is to know of one direction; of none: zeroes. */
struct side {
	__u32 packets; /* 0: none */
	__u32 tcp_state;
};

static __always_inline enum flow_timeout tcp_timeout(const struct side *own, const struct side *peer, bool is_pending)
{
	const __u32 a = own->tcp_state, b = peer->tcp_state;

	if (a == TCP_STATE_CLOSED || b == TCP_STATE_CLOSED || (a == TCP_STATE_CLOSING && b == TCP_STATE_CLOSING))
		return FLOW_TIMEOUT_TCP_CLOSED;
	if (is_pending)
		return FLOW_TIMEOUT_TCP_HANDSHAKE;
	return a == TCP_STATE_CLOSING || b == TCP_STATE_CLOSING ? FLOW_TIMEOUT_TCP_CLOSING
								: FLOW_TIMEOUT_TCP_ESTABLISHED;
}

static __always_inline __u32 timeout_of(const __u32 timeouts[FLOW_TIMEOUT_COUNT], __u8 protocol,
					const struct side *own, const struct side *peer, bool is_pending)
{
	enum flow_timeout which = FLOW_TIMEOUT_OTHER;

	if (protocol == IPPROTO_TCP)
		which = tcp_timeout(own, peer, is_pending);
	else if (protocol == IPPROTO_UDP)
		which = own->packets && peer->packets ? FLOW_TIMEOUT_UDP : FLOW_TIMEOUT_UDP_UNANSWERED;
	else if (protocol == IPPROTO_ICMP)
		which = FLOW_TIMEOUT_ICMP;
	return timeouts[which];
}

static __always_inline bool is_idle(__u32 now, __u32 last_seen, __u32 timeout)
{
	return (__s32)(now - last_seen) > (__s32)timeout;
}

/* A packet that uses the entry writes another time to the same word, so one of the two comes first: an entry that was used
 * since it was looked at stays. Of a pair, both or none. */
static __always_inline bool claim(__u32 *last_seen, __u32 seen, __u32 *peer_last_seen, __u32 peer_seen)
{
	if (__sync_val_compare_and_swap(last_seen, seen, FLOW_GONE) != seen)
		return false;
	if (!peer_last_seen || __sync_val_compare_and_swap(peer_last_seen, peer_seen, FLOW_GONE) == peer_seen)
		return true;
	__sync_val_compare_and_swap(last_seen, FLOW_GONE, seen);
	return false;
}

/* Ends what nobody has used for so long, and says so. `seen`: what the words said when `timeout` was worked out; `peer`: NULL:
 * there is no other direction. */
static __always_inline bool end_if_idle(__u32 now, __u32 timeout, __u32 *last_seen, __u32 seen, __u32 *peer,
					__u32 peer_seen)
{
	return seen != FLOW_GONE && is_idle(now, seen, timeout) && (!peer || is_idle(now, peer_seen, timeout)) &&
	       claim(last_seen, seen, peer, peer_seen);
}
