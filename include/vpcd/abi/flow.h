/* The flow tables: one entry per direction, holding everything that was decided for it. A new pair is in `pending`, which
 * forgets what was idle longest when it is full; one that was answered moves to `flows`, where nothing is pushed out. */
#pragma once

#include <vpcd/abi/types.h>

/* Ports: TCP and UDP as on the wire. ICMP queries: the identifier on the asking side, the request's type on the other,
 * so that request and reply are one flow's two directions. Later fragments: as the first one said. Everything else: 0. */
struct flow_key {
	struct address source;
	struct address destination;
	__u32 vpc;
	__u32 entry; /* where it entered: an interface, or FLOW_ENTRY_UNDERLAY | low bits of the inner destination MAC; 0 in `translations` */
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol; /* IPPROTO_ */
	__u8 pad[3];
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct flow_key, 48);

/* A router instance sends on what it received: the same addresses and ports enter a host twice. `entry` keeps the
 * two apart. A GRE packet has no inner MAC: its low bits are 0. */
#define FLOW_ENTRY_UNDERLAY 0x80000000u
#define FLOW_ENTRY_MAC_MASK 0x7fffffffu

enum flow_flags {
	FLOW_DECIDED = 1 << 0,   /* next_hop and the fields that follow from it are valid */
	FLOW_REVERSE = 1 << 1,   /* answers to the packet that opened the pair */
	FLOW_ROUTED = 1 << 2,    /* crosses the virtual router: TTL, source MAC */
	FLOW_ENTERED = 1 << 3,   /* brought in by a gateway, `host`, to which the answers return */
	FLOW_MIDSTREAM = 1 << 4, /* its first packet was in the middle of a TCP connection */
	FLOW_SERVED = 1 << 5, /* answers of a load balancer that this host plays: their source is to be its address */
	FLOW_CHECK = 1 << 6,  /* a health check of `host`, or its answers: no rules are asked, no cap counts */
};

/* What this direction has sent last, of SYN (with or without ACK), data, FIN and RST. RST is not believed for good: the
 * receiver may have ignored it (RFC 5961, 3.2), and data after it shows that. */
enum tcp_state { TCP_STATE_NONE, TCP_STATE_SYN, TCP_STATE_ESTABLISHED, TCP_STATE_CLOSING, TCP_STATE_CLOSED };

/* In last_seen: expired and about to be removed. The kernel half writes another number instead of this jiffy. */
#define FLOW_GONE 0

struct flow {
	__u64 packets;
	__u64 bytes; /* of the inner Ethernet frames */
	__u32 next_hop;
	__u32 next_hop_serial;
	__u32 source_interface;       /* local interface that sends, 0: none here */
	__u32 destination_interface;  /* local interface that receives, 0: none here */
	__u32 source_generation;      /* of source_interface when decided */
	__u32 destination_generation; /* of destination_interface when decided */
	__u32 last_seen;              /* jiffies, low 32 bits */
	__u32 created;                /* jiffies, low 32 bits */
	__u32 host; /* underlay sender that was last believed, or NEXT_HOP_RETURN: receiver; index into `hosts` */
	__u32 peer_entry;   /* `entry` in the other direction's key, 0: not known yet */
	__be16 tunnel_port; /* outer UDP source port, from the hash of the key */
	__u8 flags;         /* enum flow_flags */
	__u8 tcp_state;     /* enum tcp_state */
	__u32 pad;
	/* Of the packet that opened the pair, whichever direction this is: who let it out and in (struct rule). */
	__u64 egress_rule;
	__u64 ingress_rule;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct flow, 80);
