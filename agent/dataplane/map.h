// A pinned map with the types of its layout. The descriptor is borrowed from Programs.
#pragma once

#include <bpf/bpf.h>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/log.h"
#include "dataplane/write_error.h"
#include "plan/tables.h"

namespace vpcd {

template <typename Key, typename Value>
class Map {
public:
    Map(int fd, std::string name, TableKind kind) : fd_(fd), name_(std::move(name)), kind_(kind) {}

    // All rows or an error that names the map. A batch, with single writes to find the row a batch stopped at.
    Result<void> put(const std::vector<std::pair<Key, Value>>& rows) const;
    // Rows that are not there are no error.
    Result<void> erase(const std::vector<Key>& keys) const;
    Result<Table<Key, Value>> read() const;

private:
    static constexpr __u32 kBatch = 4096;

    Result<void> put_batch(std::vector<Key>& keys, std::vector<Value>& values) const;
    Result<Table<Key, Value>> read_one_by_one() const;
    void keep(Table<Key, Value>& table, const Key& key, const Value& value) const
    {
        if (kind_ != TableKind::Array || !same_bytes(value, Value{}))
            table.insert_or_assign(key, value);
    }

    int fd_;
    std::string name_;
    TableKind kind_;
};

template <typename Key, typename Value>
Result<void> Map<Key, Value>::put_batch(std::vector<Key>& keys, std::vector<Value>& values) const
{
    auto count = static_cast<__u32>(keys.size());
    if (bpf_map_update_batch(fd_, keys.data(), values.data(), &count, nullptr) == 0)
        return {};
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (const int error = bpf_map_update_elem(fd_, &keys[i], &values[i], BPF_ANY))
            return fail(write_error(error, fd_, name_));
    return {};
}

template <typename Key, typename Value>
Result<void> Map<Key, Value>::put(const std::vector<std::pair<Key, Value>>& rows) const
{
    std::vector<Key> keys;
    std::vector<Value> values;
    for (std::size_t at = 0; at < rows.size(); at += kBatch) {
        keys.clear();
        values.clear();
        for (std::size_t i = at; i < rows.size() && i < at + kBatch; ++i) {
            keys.push_back(rows[i].first);
            values.push_back(rows[i].second);
        }
        if (auto written = put_batch(keys, values); !written)
            return written;
    }
    return {};
}

template <typename Key, typename Value>
Result<void> Map<Key, Value>::erase(const std::vector<Key>& keys) const
{
    for (const auto& key : keys) {
        const Value nothing{};
        const int error = kind_ == TableKind::Array ? bpf_map_update_elem(fd_, &key, &nothing, BPF_ANY)
                                                    : bpf_map_delete_elem(fd_, &key);
        if (error && error != -ENOENT)
            return fail(bpf_error(error, "remove from table " + name_));
    }
    return {};
}

// Tries have no batch read before 6.3 and none that survives concurrent writes; they are small.
template <typename Key, typename Value>
Result<Table<Key, Value>> Map<Key, Value>::read_one_by_one() const
{
    Table<Key, Value> table;
    Key key{};
    Value value{};
    for (int error = bpf_map_get_next_key(fd_, nullptr, &key); !error; error = bpf_map_get_next_key(fd_, &key, &key))
        if (bpf_map_lookup_elem(fd_, &key, &value) == 0)
            keep(table, key, value);
    return table;
}

template <typename Key, typename Value>
Result<Table<Key, Value>> Map<Key, Value>::read() const
{
    if (kind_ == TableKind::Trie)
        return read_one_by_one();

    Table<Key, Value> table;
    std::vector<Key> keys(kBatch);
    std::vector<Value> values(kBatch);
    __u64 position = 0; // large enough for the cursor of every kind
    for (bool first = true;; first = false) {
        __u32 count = kBatch;
        const int error = bpf_map_lookup_batch(fd_, first ? nullptr : &position, &position, keys.data(),
                                               values.data(), &count, nullptr);
        if (error == -ENOSPC) // a bucket larger than the batch
            return read_one_by_one();
        if (error && error != -ENOENT) // which ends the walk, with data
            return fail(bpf_error(error, "read table " + name_));
        for (__u32 i = 0; i < count; ++i)
            keep(table, keys[i], values[i]);
        if (error)
            return table;
    }
}

} // namespace vpcd
