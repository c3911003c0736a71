#include "plan/next_hop_slots.h"

namespace vpcd {

void NextHopSlots::adopt(const ::endpoint_key* key, std::uint32_t index, const ::next_hop& row)
{
    Occupant& occupant = occupants_[index];
    occupant.serial = row.serial;
    if (key && row.serial != 0 && pool_.adopt(*key, index)) {
        occupant.is_vacant = false;
        occupant.mac = Mac::from_abi(row.mac);
    } else if (row.vpc != 0) {
        ++occupant.serial; // it was in use: flows know this serial
    }
}

Result<void> NextHopSlots::check_room(const std::vector<::endpoint_key>& keys) const
{
    std::size_t wanted = 0;
    for (const auto& key : keys)
        wanted += !pool_.find(key);
    if (wanted > pool_.room())
        return fail(pool_.exhausted());
    return {};
}

Result<NextHopSlot> NextHopSlots::acquire(const ::endpoint_key& key, const std::string& interface, const Mac& mac)
{
    const auto index = pool_.acquire(key);
    if (!index)
        return fail(index.error());

    Occupant& occupant = occupants_[*index];
    if (occupant.is_vacant || occupant.mac != mac)
        ++occupant.serial;
    if (occupant.serial == 0) // wrapped around: 0 means "never used"
        occupant.serial = 1;
    occupant.is_vacant = false;
    occupant.mac = mac;
    occupant.interface = interface;
    return NextHopSlot{*index, occupant.serial};
}

std::optional<NextHopSlot> NextHopSlots::release(const ::endpoint_key& key)
{
    const auto index = pool_.release(key);
    if (!index)
        return std::nullopt;
    Occupant& occupant = occupants_[*index];
    occupant.is_vacant = true;
    occupant.interface.clear();
    return NextHopSlot{*index, ++occupant.serial};
}

std::vector<NextHopSlot> NextHopSlots::drop_unclaimed()
{
    for (const auto index : pool_.drop_unclaimed()) {
        occupants_[index].is_vacant = true;
        ++occupants_[index].serial;
    }
    std::vector<NextHopSlot> vacant;
    for (const auto& [index, occupant] : occupants_)
        if (occupant.is_vacant)
            vacant.push_back({index, occupant.serial});
    return vacant;
}

const std::string& NextHopSlots::interface_of(std::uint32_t index) const
{
    static const std::string kNobody;
    const auto found = occupants_.find(index);
    return found == occupants_.end() ? kNobody : found->second.interface;
}

} // namespace vpcd
