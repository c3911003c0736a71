// The real programs and maps in the kernel, loaded once a process, in network and mount namespaces of its own:
// whatever becomes of the process, devices, maps and pins go with it. Runs one packet at a time by BPF_PROG_TEST_RUN.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <vpcd/abi/bandwidth.h>
#include <vpcd/abi/counter.h>
#include <vpcd/abi/drop.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/expiry.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/fragment.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/limits.h>
#include <vpcd/abi/nat.h>
#include <vpcd/abi/policy.h>
#include <vpcd/abi/public.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/trace.h>
#include <vpcd/abi/vpc.h>

#include "support/packet.h"

namespace vpcd::test {

// Devices of the namespace: pairs, whose other ends are what the instances and the wire hold.
constexpr std::uint32_t kUnderlayDevice = 100;
constexpr std::uint32_t kFirstDevice = 101;                    // of interface 1
constexpr std::uint32_t kDevices = 8;                          // the underlay's among them
constexpr std::uint32_t kExternalDevice = kUnderlayDevice + 7; // the last of them
constexpr std::uint32_t kCheckDevice = kExternalDevice - 1;
constexpr std::uint32_t kPeerOffset = 100; // the other end's number above the device's own

constexpr std::uint32_t kTraceMark = 0x5eed0; // of packets to be traced

enum class Program {
    kFromInterface,
    kToInterface,
    kTcUnderlay,
    kXdpUnderlay,
    kXdpInterface,
    kFromTunnel,
    kFromExternal,
    kFromChecks
};

struct RunOptions {
    std::uint32_t ifindex = kUnderlayDevice;
    std::uint32_t mark = 0;
    std::uint32_t gso_size = 0;
    std::uint32_t wire_length = 0; // traced packets: how long it says it is; 0: as long as it is
    // Once again over what the first pass left: the second result is the one returned.
    std::uint32_t repeat = 1;
    Bytes metadata{}; // XDP: what the driver has put before the packet
};

struct RunResult {
    std::uint32_t action = 0; // TC_ACT_* or XDP_*
    std::uint32_t mark = 0;
    Bytes bytes;
    Bytes metadata; // XDP
};

class Datapath {
public:
    // Ends the test as skipped without root.
    static Datapath& instance();
    ~Datapath();

    int map(const char* name) const;
    int program(Program which) const;
    void clear(); // every map as after loading

    RunResult run(Program which, const Bytes& packet, const RunOptions& options = {}) const;
    // As run(kFromTunnel), with what the kernel's vxlan device would tell about the packet.
    RunResult run_from_tunnel(const Bytes& inner, std::uint32_t vni, std::uint32_t outer_source) const;
    // An XDP program that writes these bytes, at most 8, as metadata and passes the packet.
    int forger(const Bytes& metadata) const;
    // How many bytes of metadata the kernel lets an XDP packet have.
    std::size_t most_metadata() const;
    std::vector<drop_event> take_events() const;
    // As the agent has them run.
    void expire_flows(::expiry& expiry) const;
    void forget_flow(::forgetting& forgetting) const;
    void forget_translation(::forgetting& forgetting) const;

    template <typename Key, typename Value>
    void put(const char* name, const Key& key, const Value& value) const
    {
        put_raw(map(name), &key, &value);
    }
    // False: the map has no room.
    template <typename Key, typename Value>
    bool try_put(const char* name, const Key& key, const Value& value) const
    {
        return try_put_raw(map(name), &key, &value);
    }
    template <typename Key>
    void erase(const char* name, const Key& key) const
    {
        erase_raw(map(name), &key);
    }
    template <typename Key, typename Value>
    bool get(const char* name, const Key& key, Value& value) const
    {
        return get_raw(map(name), &key, &value);
    }
    // Sums a per-CPU map's value, a struct of 64-bit numbers.
    template <typename Key, typename Value>
    Value sum(const char* name, const Key& key) const
    {
        Value value{};
        sum_raw(map(name), &key, reinterpret_cast<std::uint64_t*>(&value), sizeof(value) / sizeof(std::uint64_t));
        return value;
    }
    template <typename Key>
    std::vector<Key> keys(const char* name) const
    {
        std::vector<Key> out;
        Key key{};
        for (const Key* before = nullptr; next_raw(map(name), before, &key); before = &out.back())
            out.push_back(key);
        return out;
    }

private:
    Datapath();
    static void put_raw(int map, const void* key, const void* value);
    static bool try_put_raw(int map, const void* key, const void* value);
    static void erase_raw(int map, const void* key);
    static bool get_raw(int map, const void* key, void* value);
    static void sum_raw(int map, const void* key, std::uint64_t* words, std::size_t count);
    static bool next_raw(int map, const void* before, void* key);

    struct Objects;
    std::unique_ptr<Objects> objects_;
};

} // namespace vpcd::test
