/* Which backend of a load balancer gets a new connection. TC only. */
#pragma once

#include "lib/drop.h"
#include "lib/hash.h"
#include "lib/services.h"

struct backend_search {
	const struct service *service;
	__u32 start;  /* a slot, or the hash of the client */
	__u32 is_dry; /* nobody's turn is over */
	__u32 found;  /* number of a backend, 0: none yet */
	__u32 weight; /* of it */
	__u64 connections;
};

/* Everybody's turn comes, also where the one whose turn it is does not live. */
static __always_inline __u32 next_turn(const struct backend_search *search, __u32 attempt)
{
	const __u32 id = search->service->id;
	__u32 *turn = bpf_map_lookup_elem(&service_turns, &id);

	if (!turn)
		return 0;
	return search->is_dry ? *turn + attempt : __sync_fetch_and_add(turn, 1);
}

static __always_inline __u32 slot_of_attempt(const struct backend_search *search, __u32 attempt)
{
	switch (search->service->scheduler) {
	case SCHEDULER_ROUND_ROBIN:
		return next_turn(search, attempt);
	case SCHEDULER_SOURCE_HASH: /* whoever has lost its backend finds the same next one each time */
		return attempt ? mix(search->start, attempt) : search->start;
	default:
		return search->start + attempt;
	}
}

/* (connections + 1) / weight is less than of what was found. */
static __always_inline bool has_fewer(const struct backend_search *search, __u64 connections, __u32 weight)
{
	return !search->found || (connections + 1) * search->weight < (search->connections + 1) * weight;
}

static long try_slot(__u32 attempt, struct backend_search *search)
{
	const __u32 slots = search->service->slots;
	const __u32 id = slots ? backend_in_slot(search->service, slot_of_attempt(search, attempt) % slots) : 0;
	const struct backend *backend = bpf_map_lookup_elem(&backends, &id);
	__u64 connections;

	if (!backend || backend->service != search->service->id || !takes_connections(id, backend))
		return 0;
	if (search->service->scheduler != SCHEDULER_LEAST_CONNECTIONS) {
		search->found = id;
		return 1;
	}
	connections = connections_of_backend(id);
	if (has_fewer(search, connections, backend->weight)) {
		search->found = id;
		search->weight = backend->weight;
		search->connections = connections;
	}
	return 0;
}

static __always_inline __u32 attempts_of(const struct service *service)
{
	if (service->scheduler == SCHEDULER_LEAST_CONNECTIONS)
		return service->slots < SERVICE_LOOKS ? service->slots : SERVICE_LOOKS;
	if (service->scheduler == SCHEDULER_ROUND_ROBIN && service->slots < SERVICE_ATTEMPTS)
		return service->slots;
	return service->slots ? SERVICE_ATTEMPTS : 0;
}

/* enum drop_reason: DROP_NONE, or why there is none. `client`: its address; `is_dry`: nobody's turn is over. Not static, so
 * that the verifier walks it once. */
__noinline int choose_backend(const struct service *service, const struct address *client, bool is_dry,
			      struct replacement *to)
{
	struct backend_search search = {.service = service, .is_dry = is_dry};
	const struct backend *backend;

	if (!service || !client || !to)
		return DROP_NO_BACKEND;
	if (!may_be_client(service, client))
		return DROP_NO_CLIENT;
	/* Zeroes, but the verifier of 6.1 must not know: it walks a callback once, with the first turn's values, and takes out
	 * what those do not reach. */
	search.found = search.weight = search.connections = to->pad;
	search.start =
		service->scheduler == SCHEDULER_SOURCE_HASH ? mix(mix(0, ipv4_of(client)), 0) : bpf_get_prandom_u32();
	bpf_loop(attempts_of(service), try_slot, &search, 0);
	backend = bpf_map_lookup_elem(&backends, &search.found);
	if (!backend)
		return DROP_NO_BACKEND;
	to->address = backend->address;
	to->port = backend->port;
	to->vpc = service->vpc;
	to->id = search.found;
	return DROP_NONE;
}
