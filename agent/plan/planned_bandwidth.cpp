#include "plan/planned_bandwidth.h"

#include <algorithm>

#include <vpcd/abi/limits.h>

namespace vpcd {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000; // nanoseconds
// TCP that has lost all that was under way says nothing for 200 ms, and is to catch up after it.
constexpr std::uint64_t kLeastBurst = 250'000'000;
constexpr std::uint64_t kBurstBytes = 128 * 1024; // some of the biggest packets that there are

constexpr std::uint32_t kFirstOfPublics = 2 * VPCD_MAX_INTERFACES;
static_assert(kFirstOfPublics + 2 * VPCD_MAX_PUBLICS <= VPCD_MAX_LIMITS);

std::uint32_t add_limit(std::uint32_t index, const std::optional<unsigned>& megabits, Tables& tables)
{
    if (!megabits)
        return 0;
    tables.limits[index] = limit_of(*megabits);
    return index;
}

} // namespace

LimitIndexes add_interface_limits(std::uint32_t interface, const Bandwidth& bandwidth, Tables& tables)
{
    return {.ingress = add_limit(2 * interface, bandwidth.ingress, tables),
            .egress = add_limit(2 * interface + 1, bandwidth.egress, tables)};
}

void add_public_limits(std::uint32_t public_id, std::uint32_t payer, const Bandwidth& bandwidth, Tables& tables)
{
    if (!bandwidth.ingress && !bandwidth.egress)
        return;
    const std::uint32_t first = kFirstOfPublics + 2 * payer;
    tables.public_limits[public_id] = {.egress = add_limit(first + 1, bandwidth.egress, tables),
                                       .ingress = add_limit(first, bandwidth.ingress, tables)};
}

::limit limit_of(unsigned megabits)
{
    const std::uint64_t bytes_a_second = std::uint64_t{megabits} * 1'000'000 / 8;
    return {.byte_time = (kSecond << LIMIT_SHIFT) / bytes_a_second,
            .burst = std::max(kLeastBurst, kBurstBytes * kSecond / bytes_a_second)};
}

unsigned megabits_of(const ::limit& limit)
{
    if (limit.byte_time == 0)
        return 0;
    const auto bytes_a_second = (kSecond << LIMIT_SHIFT) / limit.byte_time;
    return static_cast<unsigned>((bytes_a_second * 8 + 500'000) / 1'000'000);
}

} // namespace vpcd
