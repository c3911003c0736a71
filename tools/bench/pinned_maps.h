// The maps an agent has pinned, opened by name.
#pragma once

#include <bpf/bpf.h>
#include <filesystem>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "put.h"

namespace vpcd::bench {

struct PinnedMap {
    std::string name;
    UniqueFd fd;
    bpf_map_info info{};
};

inline PinnedMap open_map(const std::filesystem::path& path)
{
    PinnedMap map{.name = path.filename().string(), .fd = UniqueFd{bpf_obj_get(path.c_str())}, .info = {}};
    __u32 length = sizeof(map.info);
    if (!map.fd || bpf_map_get_info_by_fd(map.fd.get(), &map.info, &length))
        die("open " + path.string());
    return map;
}

inline std::vector<PinnedMap> open_maps(const std::filesystem::path& pins)
{
    std::vector<PinnedMap> maps;
    for (const auto& entry : std::filesystem::directory_iterator(pins / "maps"))
        maps.push_back(open_map(entry.path()));
    return maps;
}

// Calls `visit` with keys, values and their number, batch by batch. Not for tries, nor for values per CPU.
template <typename Visit>
void for_each_batch(const PinnedMap& map, Visit visit)
{
    constexpr __u32 kBatch = 16384;
    std::vector<unsigned char> keys(std::size_t{kBatch} * map.info.key_size);
    std::vector<unsigned char> values(std::size_t{kBatch} * map.info.value_size);
    __u64 position = 0; // large enough for the cursor of every kind
    for (bool first = true;; first = false) {
        __u32 count = kBatch;
        const int error = bpf_map_lookup_batch(map.fd.get(), first ? nullptr : &position, &position, keys.data(),
                                               values.data(), &count, nullptr);
        if (error && error != -ENOENT) // which ends the walk, with data
            die("read table " + map.name);
        visit(keys.data(), values.data(), count);
        if (error)
            return;
    }
}

} // namespace vpcd::bench
