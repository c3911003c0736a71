// Indexes of the table `next_hops`: one for each address of a VPC that is present here.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <vpcd/abi/endpoint.h>

#include "base/address.h"
#include "base/error.h"
#include "plan/table.h"

namespace vpcd {

struct NextHopSlot {
    std::uint32_t index = 0;
    std::uint32_t serial = 0;

    friend bool operator==(const NextHopSlot&, const NextHopSlot&) = default;
};

// An address keeps its index. Its serial changes when another instance (known by its MAC) gets the address, and when
// the index gets another address; per index it only grows. Claims are counted, so that in one change an address can
// be taken over by a new owner before the old one lets go. About 40 bytes an address.
class NextHopSlots {
public:
    using Keys = boost::container::small_vector<::endpoint_key, 4>;

    // Indexes 1..limit-1, the lowest free one first.
    explicit NextHopSlots(std::uint32_t limit) : limit_(limit) {}
    NextHopSlots(const NextHopSlots&) = delete;
    NextHopSlots& operator=(const NextHopSlots&) = delete;

    // Makes room for this many addresses. Only at the start: it may also give room back.
    void reserve(std::size_t addresses) { indexes_.reserve(addresses); }
    // What the kernel remembers of an index; `key` is the address that leads there, nullptr if none does.
    void adopt(const ::endpoint_key* key, std::uint32_t index, const ::next_hop& row);
    // Whether acquire() will succeed for all of these.
    Result<void> check_room(const Keys&) const;
    // `interface` is borrowed until the address is released or acquired again.
    Result<NextHopSlot> acquire(const ::endpoint_key& key, const std::string& interface, const Mac& mac);
    Result<NextHopSlot> acquire(const ::endpoint_key&, std::string&&, const Mac&) = delete;
    // The index and a serial no flow has seen, when nobody claims the address any more.
    std::optional<NextHopSlot> release(const ::endpoint_key& key);
    // After adoption: frees what nobody claimed. Returns every index that is free and was used before.
    std::vector<NextHopSlot> drop_unclaimed();

    std::optional<std::uint32_t> find(const ::endpoint_key& key) const;
    // The interface that was given the index last; empty if none was.
    const std::string& interface_of(std::uint32_t index) const;

private:
    struct Slot {
        const std::string* interface = nullptr;
        std::uint32_t serial = 0;
        ::endpoint_key key{};
        Mac mac;
        std::uint8_t claims = 0;
        bool is_vacant = true;
    };
    struct ByKey {
        using is_transparent = void;
        const std::deque<Slot>* slots;

        const ::endpoint_key& key(std::uint32_t index) const { return (*slots)[index].key; }
        std::size_t operator()(std::uint32_t index) const { return HashBytes{}(key(index)); }
        std::size_t operator()(const ::endpoint_key& own) const { return HashBytes{}(own); }
        bool operator()(std::uint32_t left, std::uint32_t right) const { return same_bytes(key(left), key(right)); }
        bool operator()(const ::endpoint_key& own, std::uint32_t index) const { return same_bytes(own, key(index)); }
        bool operator()(std::uint32_t index, const ::endpoint_key& own) const { return same_bytes(own, key(index)); }
    };

    Slot& slot(std::uint32_t index);
    std::optional<std::uint32_t> take_index();
    NextHopSlot vacate(std::uint32_t index);
    std::size_t room() const { return free_.size() + (limit_ - next_); }
    Error exhausted() const;

    std::uint32_t limit_;
    std::uint32_t next_ = 1;
    std::set<std::uint32_t> free_; // below next_
    std::deque<Slot> slots_;       // by index
    boost::unordered_flat_set<std::uint32_t, ByKey, ByKey> indexes_{0, ByKey{&slots_}, ByKey{&slots_}};
};

} // namespace vpcd
