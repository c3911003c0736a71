// The rows of a load balancer.
#include <arpa/inet.h>

#include "base/hash.h"
#include "plan/planned.h"
#include "plan/slots.h"

namespace vpcd {

namespace {

static_assert(Backend::kFullWeight == 100);

::service_key service_key_of(const PlannedService& service, const PlannedListener& listener)
{
    return {.address = service.address.abi(),
            .vpc = service.is_public ? 0 : service.vni,
            .port = htons(listener.port),
            .protocol = listener.protocol,
            .pad = 0};
}

// Who gets new connections.
std::vector<std::uint32_t> slots_of(const PlannedListener& listener)
{
    std::vector<SlotHolder> holders;
    for (const auto& backend : listener.backends)
        if (backend.weight != 0)
            holders.push_back({backend.id, to_string(backend.address), listener.has_weights ? backend.weight : 1});
    if (listener.scheduler == SCHEDULER_SOURCE_HASH)
        return maglev_slots(holders);
    if (listener.scheduler == SCHEDULER_LEAST_CONNECTIONS)
        for (auto& holder : holders)
            holder.weight = 1; // compared when it is asked
    return round_robin_slots(holders);
}

void add_slots(std::uint32_t service, const std::vector<std::uint32_t>& slots, Tables& tables)
{
    for (std::size_t i = 0; i < slots.size(); ++i)
        tables.service_slots[{.service = service, .block = static_cast<__u32>(i / SERVICE_BLOCK)}]
            .backend[i % SERVICE_BLOCK] = slots[i];
}

void add_listener(const PlannedService& service, const PlannedListener& listener, Tables& tables)
{
    const auto slots = slots_of(listener);
    add_slots(listener.id, slots, tables);
    tables.services[service_key_of(service, listener)] = {.id = listener.id,
                                                          .vpc = service.vni,
                                                          .slots = static_cast<__u32>(slots.size()),
                                                          .scheduler = listener.scheduler,
                                                          .flags = service.clients.empty() ? __u16{0}
                                                                                           : __u16{SERVICE_LIMITED}};
    for (const auto& client : service.clients)
        tables.service_clients[{.prefix_len = SERVICE_CLIENT_PREFIX_FIXED + client.mapped_length(),
                                .service = listener.id,
                                .address = client.address().abi()}] = {.is_allowed = 1};
    for (const auto& backend : listener.backends) {
        tables.backends[backend.id] = {.address = backend.address.abi(),
                                       .service = listener.id,
                                       .port = htons(listener.to_port),
                                       .weight = static_cast<__u8>(backend.weight),
                                       .flags = listener.check ? __u8{BACKEND_CHECKED} : __u8{0},
                                       .next_hop = backend.next_hop};
        tables.public_generations[backend.id] = service.generation;
    }
}

} // namespace

void add_rows(const PlannedService& service, Tables& tables)
{
    if (!service.is_here)
        return;
    for (const auto& listener : service.listeners)
        add_listener(service, listener, tables);
    if (service.is_public) {
        tables.publics[{.address = service.address.abi()}] = {
            .private_address = {},
            .vpc = service.vni,
            .id = service.public_id,
            .flags = told_by(service.is_announced, service.is_guest, service.is_guest)};
        tables.public_generations[service.public_id] = service.generation;
    } else {
        tables.endpoints[endpoint_key_of(service.vni, service.address)] = {
            .next_hop = 0, .subnet = 0, .flags = ENDPOINT_ROUTER | ENDPOINT_SERVICE, .group_set = 0, .outside = 0};
    }
}

// Whose turn it is changes nothing for those whose turn has been.
std::uint32_t content_hash(PlannedService service)
{
    service.generation = 0;
    Tables rows;
    add_rows(service, rows);
    for (auto& [key, row] : rows.services)
        row.slots = 0;
    for (auto& [key, row] : rows.backends)
        row.next_hop = 0;
    for (auto& [key, row] : rows.backends)
        row.weight = row.flags = 0;
    const auto hash = hash_of(rows.services, hash_of(rows.backends, hash_of(rows.service_clients, kFnvStart)));
    return hash == 0 ? 1 : hash;
}

} // namespace vpcd
