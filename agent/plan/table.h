// A kernel table as a value, and what turns one into another. Pure: no I/O, no clock, no log.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/hash.h"

namespace vpcd {

// The kernel compares keys by their bytes; so do we. Numbers are ordered as numbers, so that listings read well.
struct ByBytes {
    template <typename Key>
    bool operator()(const Key& left, const Key& right) const
    {
        if constexpr (std::is_integral_v<Key>)
            return left < right;
        else
            return std::memcmp(&left, &right, sizeof(Key)) < 0;
    }
};

// Only for layouts without hidden padding, whose bytes are their value.
template <typename T>
bool same_bytes(const T& left, const T& right)
{
    static_assert(std::has_unique_object_representations_v<T>);
    return std::memcmp(&left, &right, sizeof(T)) == 0;
}

struct HashBytes {
    template <typename Key>
    std::size_t operator()(const Key& key) const
    {
        static_assert(std::has_unique_object_representations_v<Key>);
        if constexpr (std::is_integral_v<Key>)
            return key;
        else
            return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&key), sizeof(key)});
    }
};

struct SameBytes {
    template <typename Key>
    bool operator()(const Key& left, const Key& right) const
    {
        return same_bytes(left, right);
    }
};

// In no order. Compact and quick with a million rows.
template <typename Key, typename Value>
using Table = boost::unordered_flat_map<Key, Value, HashBytes, SameBytes>;

// Keys in order, for what people or tries read.
template <typename Key, typename Value>
std::vector<Key> sorted_keys(const Table<Key, Value>& table)
{
    std::vector<Key> keys;
    keys.reserve(table.size());
    for (const auto& [key, value] : table)
        keys.push_back(key);
    std::ranges::sort(keys, ByBytes{});
    return keys;
}

// Of all rows, whatever order they are in.
template <typename Key, typename Value>
std::uint32_t hash_of(const Table<Key, Value>& table, std::uint32_t seed)
{
    const auto add = [&](const auto& value) {
        seed = fnv1a({reinterpret_cast<const char*>(&value), sizeof(value)}, seed);
    };
    for (const auto& key : sorted_keys(table)) {
        add(key);
        add(table.at(key));
    }
    return seed;
}

template <typename Key, typename Value>
struct Changes {
    std::vector<std::pair<Key, Value>> upserts;
    std::vector<Key> deletes;

    bool empty() const { return upserts.empty() && deletes.empty(); }
    std::size_t size() const { return upserts.size() + deletes.size(); }
};

template <typename Key, typename Value>
const Value* find_row(const Table<Key, Value>& table, const Key& key)
{
    const auto found = table.find(key);
    return found == table.end() ? nullptr : &found->second;
}

// The writes that turn `observed` into `desired`, in the order of the keys.
template <typename Key, typename Value>
Changes<Key, Value> diff(const Table<Key, Value>& desired, const Table<Key, Value>& observed)
{
    Changes<Key, Value> changes;
    for (const auto& [key, value] : desired) {
        const Value* old = find_row(observed, key);
        if (!old || !same_bytes(*old, value))
            changes.upserts.emplace_back(key, value);
    }
    for (const auto& [key, value] : observed)
        if (!desired.contains(key))
            changes.deletes.push_back(key);
    std::ranges::sort(changes.upserts, ByBytes{}, &std::pair<Key, Value>::first);
    std::ranges::sort(changes.deletes, ByBytes{});
    return changes;
}

template <typename Key, typename Value>
void apply(const Changes<Key, Value>& changes, Table<Key, Value>& table)
{
    for (const auto& key : changes.deletes)
        table.erase(key);
    for (const auto& [key, value] : changes.upserts)
        table.insert_or_assign(key, value);
}

} // namespace vpcd
