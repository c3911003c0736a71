// The entries of any map, as bytes. The descriptor is borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace vpcd {

class RawMap {
public:
    struct Batch {
        std::vector<std::byte> keys;
        std::vector<std::byte> values;
        std::uint32_t count = 0;
    };
    using Visitor = std::function<Result<bool>(Batch&)>; // false: enough

    static Result<RawMap> open(int fd, std::string name);

    std::uint32_t id() const { return id_; }
    std::uint32_t type() const { return type_; }
    std::uint32_t flags() const { return flags_; }
    std::uint32_t key_size() const { return key_size_; }
    std::uint32_t value_size() const { return value_size_; } // of one CPU's part
    std::uint32_t max_entries() const { return max_entries_; }
    bool has_entries() const { return key_size_ != 0; } // a ring has none
    bool is_array() const;
    // Per CPU: how many values an entry has; they are `value_stride` bytes apart.
    std::size_t values_per_entry() const;
    std::size_t value_stride() const;
    std::size_t value_bytes() const { return value_stride() * values_per_entry(); }

    // Entries may come and go meanwhile, except from a trie: some may be seen twice or not at all. Rows of an array
    // that are all zero are no entries.
    Result<void> walk(const Visitor&) const;
    Result<std::uint64_t> count() const;

    // Writes all it can; how many the map refused for want of room. `add_only`: what is there stays.
    Result<std::uint64_t> write(Batch&, bool add_only) const;

private:
    RawMap() = default;
    Result<void> walk_one_by_one(const Visitor&) const;
    void forget_zeroes(Batch&) const;

    int fd_ = -1;
    std::string name_;
    std::uint32_t id_ = 0, type_ = 0, flags_ = 0, key_size_ = 0, value_size_ = 0, max_entries_ = 0;
};

} // namespace vpcd
