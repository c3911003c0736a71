// A pinned map with the types of its layout. The descriptor is borrowed from Programs.
#pragma once

#include <bpf/bpf.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/log.h"
#include "dataplane/raw_map.h"
#include "dataplane/write_error.h"
#include "plan/tables.h"

namespace vpcd {

template <typename Key, typename Value>
class Map {
public:
    using Refused = std::function<void(const Key&)>;

    Map(int fd, std::string name, TableKind kind) : fd_(fd), name_(std::move(name)), kind_(kind) {}

    // In batches, with single writes where a batch stops. Goes on past rows the map refuses and tells `on_refusal`;
    // the error names the map, why it refused the first, and how many.
    Result<void> put(const std::vector<std::pair<Key, Value>>& rows, const Refused& on_refusal = {}) const;
    // The same. Rows that are not there are no error.
    Result<void> erase(const std::vector<Key>& keys) const;
    Result<Table<Key, Value>> read() const;
    std::optional<Value> get(const Key& key) const
    {
        Value value{};
        if (bpf_map_lookup_elem(fd_, &key, &value))
            return std::nullopt;
        return value;
    }

private:
    static constexpr __u32 kBatch = 4096;

    void put_batch(std::vector<Key>& keys, std::vector<Value>& values, const Refused&, Refusals&) const;

    int fd_;
    std::string name_;
    TableKind kind_;
};

template <typename Key, typename Value>
void Map<Key, Value>::put_batch(std::vector<Key>& keys, std::vector<Value>& values, const Refused& on_refusal,
                                Refusals& refusals) const
{
    auto count = static_cast<__u32>(keys.size());
    if (bpf_map_update_batch(fd_, keys.data(), values.data(), &count, nullptr) == 0)
        return;
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (const int error = bpf_map_update_elem(fd_, &keys[i], &values[i], BPF_ANY)) {
            refusals.add([&] { return write_error(error, fd_, name_); });
            if (on_refusal)
                on_refusal(keys[i]);
        }
}

template <typename Key, typename Value>
Result<void> Map<Key, Value>::put(const std::vector<std::pair<Key, Value>>& rows, const Refused& on_refusal) const
{
    Refusals refusals;
    std::vector<Key> keys;
    std::vector<Value> values;
    for (std::size_t at = 0; at < rows.size(); at += kBatch) {
        keys.clear();
        values.clear();
        for (std::size_t i = at; i < rows.size() && i < at + kBatch; ++i) {
            keys.push_back(rows[i].first);
            values.push_back(rows[i].second);
        }
        put_batch(keys, values, on_refusal, refusals);
    }
    return refusals.result();
}

template <typename Key, typename Value>
Result<void> Map<Key, Value>::erase(const std::vector<Key>& keys) const
{
    Refusals refusals;
    for (const auto& key : keys) {
        const Value nothing{};
        const int error = kind_ == TableKind::Array ? bpf_map_update_elem(fd_, &key, &nothing, BPF_ANY)
                                                    : bpf_map_delete_elem(fd_, &key);
        if (error && error != -ENOENT)
            refusals.add([&] { return bpf_error(error, "remove from table " + name_); });
    }
    return refusals.result();
}

template <typename Key, typename Value>
Result<Table<Key, Value>> Map<Key, Value>::read() const
{
    const auto map = RawMap::open(fd_, name_);
    if (!map)
        return fail(map.error());
    if (map->key_size() != sizeof(Key) || map->value_bytes() != sizeof(Value))
        return fail(Error::system(EINVAL, "read table " + name_));
    Table<Key, Value> table;
    const auto walked = map->walk([&](RawMap::Batch& batch) -> Result<bool> {
        for (std::size_t i = 0; i < batch.count; ++i) {
            Key key;
            Value value;
            std::memcpy(&key, batch.keys.data() + i * sizeof(Key), sizeof(Key));
            std::memcpy(&value, batch.values.data() + i * sizeof(Value), sizeof(Value));
            table.insert_or_assign(key, value);
        }
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return table;
}

} // namespace vpcd
