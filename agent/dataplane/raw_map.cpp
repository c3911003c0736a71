#include "dataplane/raw_map.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr std::uint32_t kBatch = 4096;
constexpr std::uint32_t kLargestBatch = 1 << 20; // a bucket with more entries than that does not exist

bool is_per_cpu(std::uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

bool is_zero(std::span<const std::byte> bytes)
{
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
}

} // namespace

Result<RawMap> RawMap::open(int fd, std::string name)
{
    bpf_map_info info{};
    __u32 length = sizeof(info);
    if (bpf_map_get_info_by_fd(fd, &info, &length))
        return fail(bpf_error(errno, "look at table " + name));

    RawMap map;
    map.fd_ = fd;
    map.name_ = std::move(name);
    map.id_ = info.id;
    map.type_ = info.type;
    map.flags_ = info.map_flags;
    map.max_entries_ = info.max_entries;
    if (info.type == BPF_MAP_TYPE_RINGBUF)
        return map;
    map.key_size_ = info.key_size;
    map.value_size_ = info.value_size;
    return map;
}

bool RawMap::is_array() const
{
    return type_ == BPF_MAP_TYPE_ARRAY || type_ == BPF_MAP_TYPE_PERCPU_ARRAY;
}

std::size_t RawMap::values_per_entry() const
{
    static const int kPossible = libbpf_num_possible_cpus();
    return is_per_cpu(type_) ? static_cast<std::size_t>(std::max(kPossible, 1)) : 1;
}

std::size_t RawMap::value_stride() const
{
    return is_per_cpu(type_) ? (std::size_t{value_size_} + 7) / 8 * 8 : value_size_;
}

Result<void> RawMap::walk(const Visitor& visit) const
{
    if (type_ == BPF_MAP_TYPE_LPM_TRIE) // no batches before 6.3
        return walk_one_by_one(visit);

    std::uint32_t size = std::min(kBatch, max_entries_);
    Batch batch;
    __u64 position = 0; // large enough for the cursor of every kind
    for (bool first = true;;) {
        batch.keys.resize(std::size_t{size} * key_size_);
        batch.values.resize(size * value_bytes());
        batch.count = size;
        __u64 next = 0;
        const int error = bpf_map_lookup_batch(fd_, first ? nullptr : &position, &next, batch.keys.data(),
                                               batch.values.data(), &batch.count, nullptr);
        if (error == -ENOSPC && size < kLargestBatch) { // a bucket larger than the batch
            size *= 2;
            continue;
        }
        if (error && error != -ENOENT) // which ends the walk, with data
            return fail(bpf_error(error, "read table " + name_));
        position = next;
        first = false;
        forget_zeroes(batch);
        const auto visited = visit(batch);
        if (!visited)
            return fail(visited.error());
        if (!*visited || error)
            return {};
    }
}

// Only for maps nobody else writes meanwhile: a key that vanishes would begin the walk anew.
Result<void> RawMap::walk_one_by_one(const Visitor& visit) const
{
    Batch batch{std::vector<std::byte>(key_size_), std::vector<std::byte>(value_bytes()), 1};
    std::vector<std::byte> key(key_size_);
    int error = bpf_map_get_next_key(fd_, nullptr, key.data());
    for (; !error; error = bpf_map_get_next_key(fd_, key.data(), key.data())) {
        const int missing = bpf_map_lookup_elem(fd_, key.data(), batch.values.data());
        if (missing == -ENOENT)
            continue;
        if (missing)
            return fail(bpf_error(missing, "read table " + name_));
        batch.keys = key;
        batch.count = 1;
        const auto visited = visit(batch);
        if (!visited)
            return fail(visited.error());
        if (!*visited)
            return {};
    }
    if (error != -ENOENT)
        return fail(bpf_error(error, "read table " + name_));
    return {};
}

void RawMap::forget_zeroes(Batch& batch) const
{
    if (!is_array())
        return;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < batch.count; ++i) {
        const auto* value = batch.values.data() + i * value_bytes();
        if (is_zero({value, value_bytes()}))
            continue;
        std::memmove(batch.keys.data() + std::size_t{kept} * key_size_,
                     batch.keys.data() + std::size_t{i} * key_size_, key_size_);
        std::memmove(batch.values.data() + kept * value_bytes(), value, value_bytes());
        ++kept;
    }
    batch.count = kept;
}

Result<std::uint64_t> RawMap::count() const
{
    std::uint64_t total = 0;
    if (!has_entries())
        return total;
    auto walked = walk([&](Batch& batch) -> Result<bool> {
        total += batch.count;
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return total;
}

Result<std::uint64_t> RawMap::write(Batch& batch, bool add_only) const
{
    __u32 count = batch.count;
    if (count == 0)
        return 0;
    if (!add_only && bpf_map_update_batch(fd_, batch.keys.data(), batch.values.data(), &count, nullptr) == 0)
        return 0;

    std::uint64_t refused = 0;
    for (std::uint32_t i = 0; i < batch.count; ++i) {
        const int error = bpf_map_update_elem(fd_, batch.keys.data() + std::size_t{i} * key_size_,
                                              batch.values.data() + i * value_bytes(),
                                              add_only && !is_array() ? BPF_NOEXIST : BPF_ANY);
        if (error == -E2BIG || error == -ENOSPC)
            ++refused;
        else if (error && error != -EEXIST)
            return fail(bpf_error(error, "write table " + name_));
    }
    return refused;
}

} // namespace vpcd
