/* Load balancers: an address and port that several instances answer for. One of a VPC is played by the host of each
 * client, a public one by the host that serves its address. Connections are kept as those of NAT gateways (nat.h). */
#pragma once

#include <vpcd/abi/types.h>

struct service_key {
	struct address address;
	__u32 vpc; /* VNI; 0: the address is public */
	__be16 port;
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service_key, 24);

/* Who gets the next connection: id, name. */
#define VPCD_SCHEDULERS(X)                                                                                           \
	X(ROUND_ROBIN, "round-robin")             /* by turns; a backend has as many slots as its weight says */     \
	X(LEAST_CONNECTIONS, "least-connections") /* that has the fewest for its weight, of SERVICE_LOOKS */         \
	X(SOURCE_HASH, "source-hash")             /* by the client's address (Maglev) */

enum scheduler {
#define X(id, name) SCHEDULER_##id,
	VPCD_SCHEDULERS(X)
#undef X
};

#define SERVICE_LOOKS 64 /* backends that LEAST_CONNECTIONS compares: all, or as many in a row from a drawn one */
#define SERVICE_ATTEMPTS 4096 /* slots that are tried for a backend that lives */

enum service_flags {
	SERVICE_LIMITED = 1 << 0, /* only clients in `service_clients` may open connections */
};

struct service {
	__u32 id;        /* index into `service_turns`; of its rows in `service_slots` and `service_clients` */
	__u32 vpc;       /* VNI of its backends */
	__u32 slots;     /* how many it has; 0: nobody gets new connections */
	__u16 scheduler; /* enum scheduler */
	__u16 flags;     /* enum service_flags */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service, 16);

/* Whose turn it is: backends by number, SERVICE_BLOCK to a row. What stands beyond `slots` means nothing. */
#define SERVICE_BLOCK 64

struct service_slots_key {
	__u32 service; /* id */
	__u32 block;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service_slots_key, 8);

struct service_slots {
	__u32 backend[SERVICE_BLOCK]; /* indexes as of `public_traffic` */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service_slots, 4 * SERVICE_BLOCK);

/* Who may be a client. */
struct service_client_key {
	__u32 prefix_len; /* SERVICE_CLIENT_PREFIX_FIXED + bits of the address (IPv4: 96 more than its own) */
	__u32 service;    /* id */
	struct address address;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service_client_key, 24);

#define SERVICE_CLIENT_PREFIX_FIXED 32 /* bits of service, always compared */

struct service_client {
	__u32 is_allowed; /* 1 */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct service_client, 4);

/* One port of one instance that answers for one listener. Its number is an index into `backend_states`,
 * `backend_connections`, `public_traffic` and `public_generations`, where it takes a public address's place. */
enum backend_flags {
	BACKEND_CHECKED = 1 << 0, /* gets connections only while its state is BACKEND_ALIVE */
};

struct backend {
	struct address address;
	__u32 service; /* id */
	__be16 port;
	__u8 weight;    /* 0..100; 0: it keeps what connections it has */
	__u8 flags;     /* enum backend_flags */
	__u32 next_hop; /* NEXT_HOP_PASS, index into `next_hops`: its own host translates and answers; 0: this one */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct backend, 28);

/* What health checks have found. The agent writes it whenever it changes, besides everything else. */
enum backend_state { BACKEND_UNKNOWN, BACKEND_ALIVE, BACKEND_DEAD };
