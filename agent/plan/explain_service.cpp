#include "plan/explain_service.h"

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fmt/format.h>

namespace vpcd {

namespace {

constexpr std::array kSchedulers{
#define X(id, name) std::string_view{name},
    VPCD_SCHEDULERS(X)
#undef X
};

std::string say(const ::address& address)
{
    return to_string(Address::from_abi(address));
}

} // namespace

std::string ServiceWords::key(const ::service_key& key) const
{
    const auto vpc = planner_.vpc_name(key.vpc);
    return fmt::format("listener {} port {} of {}{}", key.protocol == IPPROTO_TCP ? "TCP" : "UDP", ntohs(key.port),
                       say(key.address), key.vpc == 0 ? "" : " in " + (vpc.empty() ? std::to_string(key.vpc) : vpc));
}

std::string ServiceWords::key(const ::service_slots_key& key) const
{
    return fmt::format("slots {}-{} of listener {}", key.block * SERVICE_BLOCK,
                       key.block * SERVICE_BLOCK + SERVICE_BLOCK - 1, key.service);
}

// Of an IPv4 block, whose address is mapped into 96 more bits.
std::string ServiceWords::key(const ::service_client_key& key) const
{
    return fmt::format("clients {}/{} of listener {}", say(key.address),
                       key.prefix_len - SERVICE_CLIENT_PREFIX_FIXED - 96, key.service);
}

std::string ServiceWords::row(const ::service_key& row_key, const ::service& row) const
{
    const auto scheduler = row.scheduler < kSchedulers.size() ? kSchedulers.at(row.scheduler) : "unknown";
    return fmt::format("{} (number {}) -> {} of {} slots{}", key(row_key), row.id, scheduler, row.slots,
                       row.flags & SERVICE_LIMITED ? " for listed clients" : "");
}

std::string ServiceWords::row(const ::service_slots_key& row_key, const ::service_slots& row) const
{
    std::string backends;
    for (const auto id : row.backend)
        if (id != 0)
            backends += fmt::format(" {}", id);
    return key(row_key) + " -> backends" + backends;
}

std::string ServiceWords::row(const ::service_client_key& row_key, const ::service_client&) const
{
    return key(row_key);
}

std::string ServiceWords::row(std::uint32_t number, const ::backend& row) const
{
    return fmt::format("backend {} of listener {} -> {} port {} weight {}{}", number, row.service, say(row.address),
                       ntohs(row.port), unsigned{row.weight},
                       row.flags & BACKEND_CHECKED ? " while its health checks succeed" : "");
}

} // namespace vpcd
