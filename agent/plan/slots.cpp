#include "plan/slots.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/hash.h"

namespace vpcd {

namespace {

constexpr std::size_t kSlotsEach = 100;
constexpr std::array<std::uint32_t, 5> kPrimes{251, 1021, 4093, 16381, 65521};

std::uint32_t slot_count(std::size_t holders)
{
    const auto enough =
        std::ranges::find_if(kPrimes, [&](std::uint32_t prime) { return prime >= holders * kSlotsEach; });
    return enough == kPrimes.end() ? kPrimes.back() : *enough;
}

// The order in which a holder wants slots: from one, by steps of a length; the number of slots is prime, so it meets
// all.
class Preference {
public:
    Preference(const SlotHolder& holder, std::uint32_t slots)
        : slots_(slots),
          at_(fnv1a(holder.name, kFnvStart) % slots),
          step_(fnv1a(holder.name + "#", kFnvStart ^ 0x5bd1e995U) % (slots - 1) + 1)
    {
    }

    std::uint32_t next()
    {
        const auto wanted = at_;
        at_ = (at_ + step_) % slots_;
        return wanted;
    }

private:
    std::uint32_t slots_;
    std::uint32_t at_;
    std::uint32_t step_;
};

} // namespace

std::vector<std::uint32_t> round_robin_slots(const std::vector<SlotHolder>& holders)
{
    unsigned divisor = 0;
    unsigned sum = 0;
    for (const auto& holder : holders) {
        divisor = std::gcd(divisor, holder.weight);
        sum += holder.weight;
    }
    std::vector<std::uint32_t> slots;
    std::vector<long> credit(holders.size());
    for (unsigned turn = 0; divisor != 0 && turn < sum / divisor; ++turn) {
        for (std::size_t i = 0; i < holders.size(); ++i)
            credit[i] += holders[i].weight;
        const auto richest = static_cast<std::size_t>(std::ranges::max_element(credit) - credit.begin());
        credit[richest] -= sum;
        slots.push_back(holders[richest].id);
    }
    return slots;
}

std::vector<std::uint32_t> maglev_slots(const std::vector<SlotHolder>& holders)
{
    if (holders.empty())
        return {};
    const auto count = slot_count(holders.size());
    const auto most = std::ranges::max_element(holders, {}, &SlotHolder::weight)->weight;
    std::vector<Preference> preferences;
    for (const auto& holder : holders)
        preferences.emplace_back(holder, count);
    std::vector<std::uint32_t> slots(count);
    std::vector<unsigned> credit(holders.size());
    for (std::uint32_t filled = 0; filled < count;)
        for (std::size_t i = 0; i < holders.size() && filled < count; ++i) {
            credit[i] += holders[i].weight;
            if (credit[i] < most)
                continue;
            credit[i] -= most;
            auto wanted = preferences[i].next();
            while (slots[wanted] != 0)
                wanted = preferences[i].next();
            slots[wanted] = holders[i].id;
            ++filled;
        }
    return slots;
}

} // namespace vpcd
