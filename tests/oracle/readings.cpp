#include "readings.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>

namespace vpcd::oracle {
namespace {

constexpr __u32 kMost = 4096; // rows of one table, as tests/bpf/datapath.cpp sizes them
constexpr __u32 kInterfaces = 16;

// A table's rows. Values are structs of 64-bit numbers, summed over the processors where each has its own.
template <typename Key, typename Value>
std::map<Key, Value, ByBytes> read(const Datapath& datapath, const char* name, bool is_per_cpu, __u32 most)
{
    static std::array<Key, kMost> keys;
    static std::vector<std::uint64_t> words;
    const auto copies = is_per_cpu ? static_cast<std::size_t>(libbpf_num_possible_cpus()) : 1;
    constexpr std::size_t kWords = sizeof(Value) / sizeof(std::uint64_t);
    words.resize(kMost * copies * kWords);
    __u32 next = 0, count = most;
    const int done =
        bpf_map_lookup_batch(datapath.map(name), nullptr, &next, keys.data(), words.data(), &count, nullptr);
    if (done != 0 && errno != ENOENT)
        FAIL("read " << name << ": " << std::strerror(errno));

    std::map<Key, Value, ByBytes> rows;
    for (std::size_t row = 0; row < count; row++) {
        std::array<std::uint64_t, kWords> sum{};
        for (std::size_t i = 0; i < copies * kWords; i++)
            sum[i % kWords] += words[row * copies * kWords + i];
        std::memcpy(&rows[keys[row]], sum.data(), sizeof(Value));
    }
    return rows;
}

template <typename Key, typename Value, typename Less>
std::map<Key, Value, Less> difference(const std::map<Key, Value, Less>& now, const std::map<Key, Value, Less>& before)
{
    constexpr std::size_t kWords = sizeof(Value) / sizeof(std::uint64_t);
    std::map<Key, Value, Less> changed;
    for (const auto& [key, value] : now) {
        std::array<std::uint64_t, kWords> words{}, old{};
        std::memcpy(words.data(), &value, sizeof(value));
        if (const auto found = before.find(key); found != before.end())
            std::memcpy(old.data(), &found->second, sizeof(value));
        if (words == old)
            continue;
        for (std::size_t i = 0; i < kWords; i++)
            words[i] -= old[i];
        std::memcpy(&changed[key], words.data(), sizeof(value));
    }
    return changed;
}

} // namespace

Readings Readings::take(const Datapath& datapath)
{
    Readings readings;
    readings.drops = read<drop_key, drop_count>(datapath, "drops", true, kMost);
    readings.hits = read<rule_hit_key, rule_hits>(datapath, "rule_hits", false, kMost);
    for (const auto& [id, counters] : read<__u32, interface_counters>(datapath, "traffic", true, kInterfaces))
        readings.traffic[id] = counters;
    return readings;
}

Readings Readings::since(const Readings& before) const
{
    return {difference(drops, before.drops), difference(hits, before.hits), difference(traffic, before.traffic)};
}

} // namespace vpcd::oracle
