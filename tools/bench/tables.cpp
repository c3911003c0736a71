// What an agent has put into its pinned tables, read without asking the agent.
//   bench_tables PINS describe       one JSON object a line: name, id, rows, memlock
//   bench_tables PINS await SECONDS  reads "VNI ADDRESS HOST MAC" lines up to an empty one, says "armed", and polls
//   until
//                                    each address leads to this host ('-': any) by this MAC; prints when:
//                                    CLOCK_MONOTONIC, ns
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string_view>

#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/host.h>

#include "base/address.h"
#include "pinned_maps.h"

namespace {

using namespace vpcd;
using namespace vpcd::bench;

std::uint64_t now_ns()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// --- describe ---------------------------------------------------------------------------------------------------

std::uint64_t count_keys(const PinnedMap& map)
{
    std::vector<unsigned char> key(map.info.key_size);
    std::uint64_t rows = 0;
    for (int error = bpf_map_get_next_key(map.fd.get(), nullptr, key.data()); !error;
         error = bpf_map_get_next_key(map.fd.get(), key.data(), key.data()))
        ++rows;
    return rows;
}

// In an array a row is what is not zero.
std::uint64_t count_rows(const PinnedMap& map)
{
    const bool is_array = map.info.type == BPF_MAP_TYPE_ARRAY;
    std::uint64_t rows = 0;
    for_each_batch(map, [&](const unsigned char*, const unsigned char* values, __u32 count) {
        if (!is_array) {
            rows += count;
            return;
        }
        for (const unsigned char* value = values; count > 0; --count, value += map.info.value_size)
            rows += std::any_of(value, value + map.info.value_size, [](unsigned char byte) { return byte != 0; });
    });
    return rows;
}

std::optional<std::uint64_t> rows_of(const PinnedMap& map)
{
    switch (map.info.type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
        return count_rows(map);
    case BPF_MAP_TYPE_LPM_TRIE:
        return count_keys(map);
    default:
        return std::nullopt;
    }
}

std::uint64_t memlock_of(const PinnedMap& map)
{
    std::ifstream info{fmt::format("/proc/self/fdinfo/{}", map.fd.get())};
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("memlock:"))
            return std::stoull(line.substr(line.find(':') + 1));
    die("read the memory of table " + map.name);
}

void describe(const std::filesystem::path& pins)
{
    for (const auto& map : open_maps(pins)) {
        const auto rows = rows_of(map);
        fmt::print("{{\"name\": \"{}\", \"id\": {}, \"trie\": {}, \"max\": {}, \"memlock\": {}, \"rows\": {}}}\n",
                   map.name, map.info.id, map.info.type == BPF_MAP_TYPE_LPM_TRIE, map.info.max_entries,
                   memlock_of(map), rows ? fmt::to_string(*rows) : "null");
    }
}

// --- await ------------------------------------------------------------------------------------------------------

struct Expectation {
    ::endpoint_key key{};
    std::optional<__u32> host;
    ::mac mac{};
};

template <typename Key, typename Value>
std::optional<Value> look_up(const PinnedMap& map, const Key& key)
{
    if (map.info.key_size != sizeof(Key) || map.info.value_size != sizeof(Value)) {
        errno = EPROTO;
        die("read table " + map.name + " in this layout");
    }
    Value value{};
    if (bpf_map_lookup_elem(map.fd.get(), &key, &value))
        return std::nullopt;
    return value;
}

template <typename T>
T parsed(Result<T> value, const std::string& text)
{
    if (!value) {
        fmt::print(stderr, "not an address: '{}'\n", text);
        std::exit(2);
    }
    return *value;
}

std::vector<Expectation> read_expectations(const PinnedMap& vteps)
{
    std::vector<Expectation> expectations;
    for (std::string line; std::getline(std::cin, line) && !line.empty();) {
        std::istringstream words{line};
        std::string address, host, mac;
        Expectation wanted;
        words >> wanted.key.vpc >> address >> host >> mac;
        wanted.key.address = parsed(Address::parse(address), line).abi();
        wanted.mac = parsed(Mac::parse(mac), line).abi();
        if (host != "-") {
            const auto vtep = look_up<::vtep_key, ::vtep>(vteps, {parsed(Address::parse(host), line).abi()});
            if (!vtep)
                die("find tunnel endpoint " + host);
            wanted.host = vtep->host;
        }
        expectations.push_back(wanted);
    }
    return expectations;
}

bool is_met(const Expectation& wanted, const PinnedMap& endpoints, const PinnedMap& next_hops)
{
    const auto endpoint = look_up<::endpoint_key, ::endpoint>(endpoints, wanted.key);
    const auto next_hop = endpoint ? look_up<__u32, ::next_hop>(next_hops, endpoint->next_hop) : std::nullopt;
    return next_hop && (!wanted.host || next_hop->host == *wanted.host) &&
           std::equal(std::begin(wanted.mac.byte), std::end(wanted.mac.byte), std::begin(next_hop->mac.byte));
}

// One after the other: what is met stays so, and most of the time is spent with the last.
int await(const std::filesystem::path& pins, unsigned seconds)
{
    const PinnedMap endpoints = open_map(pins / "maps/endpoints");
    const PinnedMap next_hops = open_map(pins / "maps/next_hops");
    const auto expectations = read_expectations(open_map(pins / "maps/vteps"));
    fmt::print("armed\n");
    std::fflush(stdout);

    const std::uint64_t deadline = now_ns() + seconds * std::uint64_t{1'000'000'000};
    for (const auto& wanted : expectations)
        while (!is_met(wanted, endpoints, next_hops))
            if (now_ns() > deadline) {
                fmt::print(stderr, "not in the tables after {} s: {}\n", seconds,
                           to_string(Address::from_abi(wanted.key.address)));
                return 1;
            }
    fmt::print("{}\n", now_ns());
    return 0;
}

} // namespace

int main(int count, char** arguments)
{
    const std::string_view command = count > 2 ? arguments[2] : "";
    if (command == "describe" && count == 3) {
        describe(arguments[1]);
        return 0;
    }
    if (command == "await" && count == 4)
        return await(arguments[1], static_cast<unsigned>(std::atoi(arguments[3])));
    fmt::print(stderr, "usage: bench_tables PINS describe | PINS await SECONDS\n");
    return 2;
}
