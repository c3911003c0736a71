#include "plan/next_hop_slots.h"

#include <fmt/format.h>

namespace vpcd {

Error NextHopSlots::exhausted() const
{
    return Error::config(fmt::format("all {} next hops (datapath.endpoints) are in use", limit_ - 1));
}

NextHopSlots::Slot& NextHopSlots::slot(std::uint32_t index)
{
    if (index >= slots_.size())
        slots_.resize(index + 1);
    return slots_[index];
}

std::optional<std::uint32_t> NextHopSlots::take_index()
{
    if (!free_.empty())
        return free_.extract(free_.begin()).value();
    if (next_ >= limit_)
        return std::nullopt;
    return next_++;
}

void NextHopSlots::adopt(const ::endpoint_key* key, std::uint32_t index, const ::next_hop& row)
{
    if (index == 0 || index >= limit_)
        return;
    for (; next_ <= index; ++next_)
        free_.insert(free_.end(), next_);
    Slot& known = slot(index);
    known.serial = row.serial;
    if (key && row.serial != 0 && !indexes_.contains(*key)) {
        known.key = *key;
        known.is_vacant = false;
        known.mac = Mac::from_abi(row.mac);
        indexes_.insert(index);
        free_.erase(index);
    } else if (row.vpc != 0) {
        ++known.serial; // it was in use: flows know this serial
    }
}

Result<void> NextHopSlots::check_room(const Keys& keys) const
{
    std::size_t wanted = 0;
    for (const auto& key : keys)
        wanted += !indexes_.contains(key);
    if (wanted > room())
        return fail(exhausted());
    return {};
}

Result<NextHopSlot> NextHopSlots::acquire(const ::endpoint_key& key, const std::string& interface, const Mac& mac)
{
    auto index = find(key);
    if (!index) {
        index = take_index();
        if (!index)
            return fail(exhausted());
        slot(*index).key = key;
        indexes_.insert(*index);
    }

    Slot& taken = slots_[*index];
    if (taken.is_vacant || taken.mac != mac)
        ++taken.serial;
    if (taken.serial == 0) // wrapped around: 0 means "never used"
        taken.serial = 1;
    taken.is_vacant = false;
    taken.mac = mac;
    taken.interface = &interface;
    ++taken.claims;
    return NextHopSlot{*index, taken.serial};
}

std::optional<NextHopSlot> NextHopSlots::release(const ::endpoint_key& key)
{
    const auto index = find(key);
    if (!index || --slots_[*index].claims > 0)
        return std::nullopt;
    return vacate(*index);
}

NextHopSlot NextHopSlots::vacate(std::uint32_t index)
{
    indexes_.erase(index);
    free_.insert(index);
    Slot& vacated = slots_[index];
    vacated.is_vacant = true;
    vacated.interface = nullptr;
    return {index, ++vacated.serial};
}

std::vector<NextHopSlot> NextHopSlots::drop_unclaimed()
{
    std::vector<NextHopSlot> vacant;
    for (std::uint32_t index = 1; index < slots_.size(); ++index) {
        const Slot& known = slots_[index];
        if (!known.is_vacant && known.claims == 0)
            vacate(index);
        if (known.is_vacant && known.serial != 0)
            vacant.push_back({index, known.serial});
    }
    return vacant;
}

std::optional<std::uint32_t> NextHopSlots::find(const ::endpoint_key& key) const
{
    const auto found = indexes_.find(key);
    return found == indexes_.end() ? std::nullopt : std::optional{*found};
}

const std::string& NextHopSlots::interface_of(std::uint32_t index) const
{
    static const std::string kNobody;
    const std::string* known = index < slots_.size() ? slots_[index].interface : nullptr;
    return known ? *known : kNobody;
}

} // namespace vpcd
