/* Tables as an earlier version left them. LAYOUT_OF_HOPS: what next hops mean. */
#pragma once

#include "tables.h"

struct flow_then {
    __u64 packets;
    __u32 host;
    __u16 port;
    __u8 flags;
    __u8 retired;
} VPCD_LAYOUT(1);

struct hop_then {
    __u32 serial;
    __u32 host;
} LAYOUT_OF_HOPS;

TABLE(flows, BPF_MAP_TYPE_LRU_HASH, struct vpc_key, struct flow_then, 1024, 0);
TABLE(drops, BPF_MAP_TYPE_PERCPU_HASH, struct vpc_key, struct drop_count, 16, BPF_F_NO_PREALLOC);
TABLE(next_hops, BPF_MAP_TYPE_ARRAY, __u32, struct hop_then, 16, 0);
TABLE(routes, BPF_MAP_TYPE_LPM_TRIE, struct route_key, struct route, 16, BPF_F_NO_PREALLOC);
TABLE(vpcs, BPF_MAP_TYPE_HASH, struct vpc_key, struct vpc, 16, BPF_F_NO_PREALLOC);
