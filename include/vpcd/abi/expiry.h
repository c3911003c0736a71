/* How long flows are kept, and the programs that end them. Run by the agent; the datapath itself ends none. */
#pragma once

#include <vpcd/abi/flow.h>

/* Idle time of a connection, both directions taken together: id, name in vpcd.yaml, seconds by default, sentence. */
#define VPCD_TIMEOUTS(X)                                                                                             \
	X(TCP_HANDSHAKE, "tcpHandshake", 30, "TCP until the handshake is complete")                                  \
	X(TCP_ESTABLISHED, "tcpEstablished", 7440, "TCP after it (RFC 5382, 5: at least 2 hours 4 minutes)")         \
	X(TCP_CLOSING, "tcpClosing", 240, "TCP after one side's FIN (RFC 5382, 5: 4 minutes)")                       \
	X(TCP_CLOSED, "tcpClosed", 30, "TCP after a RST, or the FIN of both sides")                                  \
	X(UDP_UNANSWERED, "udpUnanswered", 60, "UDP while nobody has answered")                                      \
	X(UDP, "udp", 300, "UDP that was answered (RFC 4787, 4.3: 5 minutes)")                                       \
	X(ICMP, "icmp", 60, "ICMP queries (RFC 5508, 3.2: at least 60 seconds)")                                     \
	X(OTHER, "other", 600, "other protocols")

enum flow_timeout {
#define X(id, name, seconds, sentence) FLOW_TIMEOUT_##id,
	VPCD_TIMEOUTS(X)
#undef X
		FLOW_TIMEOUT_COUNT
};

/* Argument and answer of the program `expire_flows`. */
struct expiry {
	__u32 timeouts[FLOW_TIMEOUT_COUNT]; /* jiffies, by enum flow_timeout */
	__u32 seen;                         /* out: entries of the tables of flows */
	__u32 ended;                        /* out: of these, ended now */
	__u32 translations_seen;            /* out: entries of `translations` */
	__u32 translations_ended;
};
VPCD_ABI_SIZE(struct expiry, 4 * (FLOW_TIMEOUT_COUNT + 4));

/* Argument and answer of the program `forget_flow`: ends this entry and its other direction. */
struct forgetting {
	struct flow_key key;
	__u32 ended; /* out: entries */
};
VPCD_ABI_SIZE(struct forgetting, 52);
