// Indexes of the table `next_hops`: one for each address of a VPC that is present here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <vpcd/abi/endpoint.h>

#include "base/address.h"
#include "plan/id_pool.h"
#include "plan/table.h"

namespace vpcd {

struct NextHopSlot {
    std::uint32_t index = 0;
    std::uint32_t serial = 0;

    friend bool operator==(const NextHopSlot&, const NextHopSlot&) = default;
};

// An address keeps its index. Its serial changes when another instance (known by its MAC) gets the address, and when
// the index gets another address; per index it only grows.
class NextHopSlots {
public:
    explicit NextHopSlots(std::uint32_t limit) : pool_("next hops (datapath.endpoints)", limit) {}

    // What the kernel remembers of an index; `key` is the address that leads there, nullptr if none does.
    void adopt(const ::endpoint_key* key, std::uint32_t index, const ::next_hop& row);
    // Whether acquire() will succeed for all of these.
    Result<void> check_room(const std::vector<::endpoint_key>& keys) const;
    Result<NextHopSlot> acquire(const ::endpoint_key& key, const std::string& interface, const Mac& mac);
    // The index and a serial no flow has seen, when nobody claims the address any more.
    std::optional<NextHopSlot> release(const ::endpoint_key& key);
    // After adoption: frees what nobody claimed. Returns every index that is free and was used before.
    std::vector<NextHopSlot> drop_unclaimed();

    std::optional<std::uint32_t> find(const ::endpoint_key& key) const { return pool_.find(key); }
    // The interface that was given the index last; empty if none was.
    const std::string& interface_of(std::uint32_t index) const;

private:
    struct Occupant {
        std::uint32_t serial = 0;
        bool is_vacant = true;
        Mac mac;
        std::string interface;
    };

    IdPool<::endpoint_key, ByBytes> pool_;
    std::map<std::uint32_t, Occupant> occupants_; // by index, also of vacated ones
};

} // namespace vpcd
