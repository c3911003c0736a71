/* Load balancers: what is asked of their tables. */
#pragma once

#include <vpcd/abi/service.h>

#include "lib/packet.h"
#include "maps.h"

/* NULL: nobody listens there. `vpc`: 0: a public address. */
static __always_inline const struct service *find_service(const struct address *address, __u32 vpc, __be16 port,
							  __u8 protocol)
{
	const struct service_key key = {.address = *address, .vpc = vpc, .port = port, .protocol = protocol};

	return bpf_map_lookup_elem(&services, &key);
}

static __always_inline __u32 state_of_backend(__u32 id)
{
	const __u32 *state = bpf_map_lookup_elem(&backend_states, &id);

	return state ? *state : BACKEND_UNKNOWN;
}

/* One that is checked gets its first connection when a check has found it alive. */
static __always_inline bool takes_connections(__u32 id, const struct backend *backend)
{
	return backend->weight && (!(backend->flags & BACKEND_CHECKED) || state_of_backend(id) == BACKEND_ALIVE);
}

static __always_inline bool may_be_client(const struct service *service, const struct address *client)
{
	const struct service_client_key key = {
		.prefix_len = SERVICE_CLIENT_PREFIX_FIXED + 8 * sizeof(*client),
		.service = service->id,
		.address = *client,
	};

	return !(service->flags & SERVICE_LIMITED) || bpf_map_lookup_elem(&service_clients, &key);
}

/* 0: nobody. */
static __always_inline __u32 backend_in_slot(const struct service *service, __u32 slot)
{
	const struct service_slots_key key = {.service = service->id, .block = slot / SERVICE_BLOCK};
	const struct service_slots *slots = bpf_map_lookup_elem(&service_slots, &key);

	return slots ? slots->backend[slot % SERVICE_BLOCK] : 0;
}

static __always_inline __u64 connections_of_backend(__u32 id)
{
	const __u64 *connections = bpf_map_lookup_elem(&backend_connections, &id);
	const __s64 held = connections ? (__s64)*connections : 0;

	return held > 0 ? held : 0;
}
