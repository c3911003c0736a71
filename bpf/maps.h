/* Every map, one line of purpose each. All are pinned by name in the agent's own directory: the programs of one agent
 * share them, and they outlive it. */
#pragma once

#include <vpcd/abi/counter.h>
#include <vpcd/abi/drop.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/fragment.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/bandwidth.h>
#include <vpcd/abi/limits.h>
#include <vpcd/abi/nat.h>
#include <vpcd/abi/policy.h>
#include <vpcd/abi/public.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/scratch.h>
#include <vpcd/abi/service.h>
#include <vpcd/abi/trace.h>
#include <vpcd/abi/vpc.h>

#include "lib/compiler.h"
#include "lib/features.h"

#define VPCD_MAP(name, kind, key_type, value_type, entries, map_options)                                             \
	struct {                                                                                                     \
		__uint(type, kind);                                                                                  \
		__type(key, key_type);                                                                               \
		__type(value, value_type);                                                                           \
		__uint(max_entries, entries);                                                                        \
		__uint(map_flags, map_options);                                                                      \
		__uint(pinning, LIBBPF_PIN_BY_NAME);                                                                 \
	} name SEC(".maps")

/* Which local interface a device belongs to. */
VPCD_MAP(devices, BPF_MAP_TYPE_HASH, struct device_key, struct device, VPCD_MAX_INTERFACES, 0);
/* Settings of the local interfaces, by their small number. */
VPCD_MAP(interfaces, BPF_MAP_TYPE_ARRAY, __u32, struct interface, VPCD_MAX_INTERFACES, 0);
/* VPCs with an interface on this host. */
VPCD_MAP(vpcs, BPF_MAP_TYPE_HASH, struct vpc_key, struct vpc, VPCD_MAX_VPCS, BPF_F_NO_PREALLOC);
/* Their subnets. */
VPCD_MAP(subnets, BPF_MAP_TYPE_HASH, struct subnet_key, struct subnet, VPCD_MAX_SUBNETS, BPF_F_NO_PREALLOC);
/* Every address of these VPCs: what it leads to. */
VPCD_MAP(endpoints, BPF_MAP_TYPE_HASH, struct endpoint_key, struct endpoint, BUILD_ENDPOINTS, BPF_F_NO_PREALLOC);
/* Where each address lives now: one write moves it. */
VPCD_MAP(next_hops, BPF_MAP_TYPE_ARRAY, __u32, struct next_hop, BUILD_ENDPOINTS, 0);
/* Local instances by MAC. */
VPCD_MAP(stations, BPF_MAP_TYPE_HASH, struct station_key, struct station, VPCD_MAX_INTERFACES, 0);
/* Route tables of the VPCs, longest prefix wins. */
VPCD_MAP(routes, BPF_MAP_TYPE_LPM_TRIE, struct route_key, struct route, VPCD_MAX_ROUTES, BPF_F_NO_PREALLOC);
/* Other hosts: how to reach them. */
VPCD_MAP(hosts, BPF_MAP_TYPE_ARRAY, __u32, struct host, VPCD_MAX_HOSTS, 0);
/* Tunnel endpoints we believe. */
VPCD_MAP(vteps, BPF_MAP_TYPE_HASH, struct vtep_key, struct vtep, VPCD_MAX_HOSTS, 0);
/* This host. */
VPCD_MAP(settings, BPF_MAP_TYPE_ARRAY, __u32, struct settings, 1, 0);

/* What was decided, per direction of an established connection. Nothing is pushed out of it. */
VPCD_MAP(flows, BPF_MAP_TYPE_HASH, struct flow_key, struct flow, BUILD_FLOWS, 0);
/* The same of connections that nobody has answered yet. A full table forgets what was idle longest. */
VPCD_MAP(pending, BPF_MAP_TYPE_LRU_HASH, struct flow_key, struct flow, BUILD_PENDING, 0);
/* How much of `flows` each VPC has. */
VPCD_MAP(flow_counts, BPF_MAP_TYPE_HASH, struct vpc_key, struct flow_count, VPCD_MAX_VPCS, BPF_F_NO_PREALLOC);
/* Ports of packets that come in fragments. */
VPCD_MAP(fragments, BPF_MAP_TYPE_LRU_HASH, struct fragment_key, struct fragment, VPCD_MAX_FRAGMENTS, 0);
/* Until when (jiffies) a local interface may go on with TCP connections that are not known here; 0: it may not. */
VPCD_MAP(midstream_until, BPF_MAP_TYPE_ARRAY, __u32, __u64, VPCD_MAX_INTERFACES, 0);

/* What interfaces and subnets point to: which rule set is in force. */
VPCD_MAP(policies, BPF_MAP_TYPE_ARRAY, __u32, struct policy, VPCD_MAX_POLICIES, 0);
/* Rule sets, and what becomes of a packet none of their rules matches. */
VPCD_MAP(rule_sets, BPF_MAP_TYPE_HASH, __u32, struct rule_set, VPCD_MAX_RULE_SETS, BPF_F_NO_PREALLOC);
/* Their rules by number. */
VPCD_MAP(rules, BPF_MAP_TYPE_HASH, struct rule_key, struct rule, VPCD_MAX_RULES, BPF_F_NO_PREALLOC);
/* Which rules match a peer by its address. */
VPCD_MAP(rule_peers, BPF_MAP_TYPE_LPM_TRIE, struct rule_peer_key, struct rule_bits, VPCD_MAX_RULE_PEERS,
	 BPF_F_NO_PREALLOC);
/* Which rules match a peer by the groups it is a member of. */
VPCD_MAP(rule_groups, BPF_MAP_TYPE_HASH, struct rule_group_key, struct rule_bits, VPCD_MAX_RULE_GROUPS,
	 BPF_F_NO_PREALLOC);
/* Which rules match a protocol and port. */
VPCD_MAP(rule_ports, BPF_MAP_TYPE_LPM_TRIE, struct rule_port_key, struct rule_bits, VPCD_MAX_RULE_PORTS,
	 BPF_F_NO_PREALLOC);
/* Packets that each rule decided. */
VPCD_MAP(rule_hits, BPF_MAP_TYPE_HASH, struct rule_hit_key, struct rule_hits, VPCD_MAX_RULE_HITS, BPF_F_NO_PREALLOC);

/* Public addresses that this host serves. */
VPCD_MAP(publics, BPF_MAP_TYPE_HASH, struct public_key, struct public_address, VPCD_MAX_PUBLICS, BPF_F_NO_PREALLOC);
/* The other way: by the private address they stand for. */
VPCD_MAP(elastics, BPF_MAP_TYPE_HASH, struct elastic_key, struct elastic, VPCD_MAX_PUBLICS, BPF_F_NO_PREALLOC);
/* Packets and bytes per public address. */
VPCD_MAP(public_traffic, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct public_counters, VPCD_MAX_PUBLICS, 0);
/* Which settings are in force for what a NAT gateway translates to a public address. */
VPCD_MAP(public_generations, BPF_MAP_TYPE_ARRAY, __u32, __u32, VPCD_MAX_PUBLICS, 0);
/* Who may share public addresses, and which, longest prefix wins. */
VPCD_MAP(snats, BPF_MAP_TYPE_LPM_TRIE, struct snat_key, struct snat, VPCD_MAX_SNATS, BPF_F_NO_PREALLOC);
/* Ports of public addresses that lead to private ones. */
VPCD_MAP(forwards, BPF_MAP_TYPE_HASH, struct forward_key, struct forward, VPCD_MAX_FORWARDS, BPF_F_NO_PREALLOC);
/* Ports of public addresses that other hosts have. */
VPCD_MAP(slices, BPF_MAP_TYPE_LPM_TRIE, struct slice_key, struct slice, VPCD_MAX_SLICES, BPF_F_NO_PREALLOC);
/* Connections through the NAT gateways of this host, both directions of each. Nothing is pushed out. */
VPCD_MAP(translations, BPF_MAP_TYPE_HASH, struct flow_key, struct translation, BUILD_TRANSLATIONS, BPF_F_NO_PREALLOC);
/* How many each VPC, private address and public address has. */
VPCD_MAP(translation_counts, BPF_MAP_TYPE_HASH, struct translation_count_key, struct translation_count,
	 VPCD_MAX_TRANSLATION_COUNTS, BPF_F_NO_PREALLOC);

/* Load balancers: their listeners. */
VPCD_MAP(services, BPF_MAP_TYPE_HASH, struct service_key, struct service, VPCD_MAX_SERVICES, BPF_F_NO_PREALLOC);
/* Whose turn it is. */
VPCD_MAP(service_slots, BPF_MAP_TYPE_HASH, struct service_slots_key, struct service_slots, VPCD_MAX_SERVICE_BLOCKS,
	 BPF_F_NO_PREALLOC);
/* How many turns there were. */
VPCD_MAP(service_turns, BPF_MAP_TYPE_ARRAY, __u32, __u32, VPCD_MAX_SERVICES, 0);
/* Who may be a client, where not everybody may. */
VPCD_MAP(service_clients, BPF_MAP_TYPE_LPM_TRIE, struct service_client_key, struct service_client,
	 VPCD_MAX_SERVICE_CLIENTS, BPF_F_NO_PREALLOC);
/* Who answers for them. */
VPCD_MAP(backends, BPF_MAP_TYPE_HASH, __u32, struct backend, VPCD_MAX_PUBLICS, BPF_F_NO_PREALLOC);
/* enum backend_state. */
VPCD_MAP(backend_states, BPF_MAP_TYPE_ARRAY, __u32, __u32, VPCD_MAX_PUBLICS, 0);
/* How many connections each has now. */
VPCD_MAP(backend_connections, BPF_MAP_TYPE_ARRAY, __u32, __u64, VPCD_MAX_PUBLICS, 0);

/* Bandwidth caps. */
VPCD_MAP(limits, BPF_MAP_TYPE_ARRAY, __u32, struct limit, VPCD_MAX_LIMITS, 0);
/* Until when (nanoseconds since boot) what has passed each of them is paid for. */
VPCD_MAP(limit_times, BPF_MAP_TYPE_ARRAY, __u32, __u64, VPCD_MAX_LIMITS, 0);
/* Which of them public addresses have. */
VPCD_MAP(public_limits, BPF_MAP_TYPE_ARRAY, __u32, struct public_limits, VPCD_MAX_PUBLICS, 0);

/* Dropped packets by VPC, interface and reason. */
VPCD_MAP(drops, BPF_MAP_TYPE_PERCPU_HASH, struct drop_key, struct drop_count, VPCD_MAX_DROPS, BPF_F_NO_PREALLOC);
/* Packets and bytes per local interface. */
VPCD_MAP(traffic, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct interface_counters, VPCD_MAX_INTERFACES, 0);
/* enum counter. */
VPCD_MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, COUNTER_COUNT, 0);

/* Room for what the stack has none for. Programs are not interrupted by others of ours on the same CPU. */
VPCD_MAP(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct scratch, 1, 0);

/* How many denied packets were told as events this second. */
VPCD_MAP(denials, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct denial_budget, 1, 0);

/* What the stages said about the packet traced last. */
VPCD_MAP(traces, BPF_MAP_TYPE_ARRAY, __u32, struct trace_record, 1, 0);

/* Drop events for who follows them: struct drop_event. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VPCD_EVENT_BYTES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} events SEC(".maps");
