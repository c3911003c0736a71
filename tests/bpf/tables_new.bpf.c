/* The same tables later: members of flow_now have been added, removed, moved and made wider, and nothing is pushed out of
 * its table any more; other tables have other sizes. */
#include "tables.h"

struct flow_now {
	__u64 packets;
	__u32 created;
	__u32 port;
	__u32 host;
	__u8 flags;
	__u8 pad[3];
} VPCD_LAYOUT(1);

struct hop_now {
	__u32 serial;
	__u32 host;
	__u32 weight;
} VPCD_LAYOUT(1);

TABLE(flows, BPF_MAP_TYPE_HASH, struct vpc_key, struct flow_now, 1024, 0);
TABLE(drops, BPF_MAP_TYPE_PERCPU_HASH, struct vpc_key, struct drop_count, 64, BPF_F_NO_PREALLOC);
TABLE(next_hops, BPF_MAP_TYPE_ARRAY, __u32, struct hop_now, 32, 0);
TABLE(routes, BPF_MAP_TYPE_LPM_TRIE, struct route_key, struct route, 8, BPF_F_NO_PREALLOC);
