// Nanoseconds a packet to a random address costs in the from_interface that an agent has loaded, on the tables as
// they are: the first packet of a flow, and one whose flow is known. Run in the host's network namespace.
//   bench_lookups PINS DEVICE VNI ADDRESS MAC    (the instance that sends)
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <random>

#include <vpcd/abi/endpoint.h>

#include <lookup.skel.h>

#include "base/address.h"
#include "pinned_maps.h"
#include "support/packet.h"

namespace {

using namespace vpcd;
using namespace vpcd::bench;
using test::Bytes;

constexpr std::size_t kSamples = 20'000;
constexpr std::size_t kUnmeasured = 500;   // the first runs of a program are not like the others
constexpr unsigned kUntilEstablished = 17; // packets until a flow that nobody answers is in `flows`

struct Sender {
    unsigned ifindex;
    unsigned vni;
    std::string address;
    std::string mac;
};

// The program of this name that uses the agent's own maps.
int find_program(const std::string& name, unsigned map_id)
{
    for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
        UniqueFd fd{bpf_prog_get_fd_by_id(id)};
        std::vector<__u32> maps(64);
        bpf_prog_info info{};
        info.map_ids = reinterpret_cast<__u64>(maps.data());
        info.nr_map_ids = static_cast<__u32>(maps.size());
        __u32 length = sizeof(info);
        if (!fd || bpf_prog_get_info_by_fd(fd.get(), &info, &length) || name != info.name)
            continue;
        maps.resize(std::min<std::size_t>(info.nr_map_ids, maps.size()));
        if (std::ranges::find(maps, map_id) != maps.end())
            return fd.release();
    }
    errno = ENOENT;
    die("find program " + name);
}

// Addresses of instances on other hosts.
std::vector<std::string> destinations(const std::filesystem::path& pins, unsigned vni)
{
    const PinnedMap next_hops = open_map(pins / "maps/next_hops");
    std::vector<::endpoint_key> keys;
    std::vector<__u32> slots;
    for_each_batch(open_map(pins / "maps/endpoints"),
                   [&](const unsigned char* raw_keys, const unsigned char* raw_values, __u32 count) {
                       const auto* key = reinterpret_cast<const ::endpoint_key*>(raw_keys);
                       const auto* value = reinterpret_cast<const ::endpoint*>(raw_values);
                       for (__u32 i = 0; i < count; ++i)
                           if (key[i].vpc == vni && !(value[i].flags & ENDPOINT_ROUTER)) {
                               keys.push_back(key[i]);
                               slots.push_back(value[i].next_hop);
                           }
                   });

    std::mt19937 random{1};
    std::vector<std::string> found;
    for (std::size_t tries = 0; !keys.empty() && found.size() < kSamples && tries < 100 * kSamples; ++tries) {
        const std::size_t i = random() % keys.size();
        ::next_hop next_hop{};
        if (bpf_map_lookup_elem(next_hops.fd.get(), &slots[i], &next_hop) == 0 && next_hop.host != 0)
            found.push_back(to_string(Address::from_abi(keys[i].address)));
    }
    if (found.size() < kSamples) {
        errno = ENOENT;
        die(fmt::format("find instances of VNI {} on other hosts", vni));
    }
    return found;
}

Bytes packet(const Sender& sender, const std::string& destination, std::size_t flow)
{
    return test::Packet{}
        .from_mac(test::parse_mac(sender.mac))
        .to_mac(test::parse_mac("02:76:70:63:64:fe"))
        .from(sender.address)
        .to(destination)
        .udp(static_cast<std::uint16_t>(1024 + flow % 60'000), 9)
        .bytes();
}

std::uint32_t run_once(int program, unsigned ifindex, const Bytes& bytes, int expected)
{
    static Bytes out(4096);
    __sk_buff context{};
    context.ifindex = ifindex;
    context.ingress_ifindex = ifindex;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes.data(), .data_out = out.data(),
                .data_size_in = static_cast<__u32>(bytes.size()), .data_size_out = static_cast<__u32>(out.size()),
                .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = 1);
    if (bpf_prog_test_run_opts(program, &options))
        die("run a program");
    if (static_cast<int>(options.retval) != expected) {
        fmt::print(stderr, "a packet was answered with {} instead of {}: see `vpcctl drops`\n", options.retval,
                   expected);
        std::exit(1);
    }
    return options.duration;
}

struct Cost {
    std::vector<std::uint32_t> times;

    double median()
    {
        const auto from = times.begin() + static_cast<std::ptrdiff_t>(kUnmeasured);
        const auto middle = from + (times.end() - from) / 2;
        std::nth_element(from, middle, times.end());
        return *middle;
    }
};

// The yardstick: nothing at all, and one lookup in the agent's own flow table.
struct Yardstick {
    lookup_bpf* skeleton = nullptr;

    explicit Yardstick(const std::filesystem::path& pins) : skeleton(lookup_bpf__open())
    {
        bpf_map* map = nullptr;
        bpf_object__for_each_map(map, skeleton->obj)
        {
            if (bpf_map__is_internal(map))
                continue;
            const auto path = pins / "maps" / bpf_map__name(map);
            bpf_map__set_pin_path(map, nullptr);
            if (std::filesystem::exists(path) && bpf_map__reuse_fd(map, open_map(path).fd.get()))
                die("use table " + path.string());
        }
        if (lookup_bpf__load(skeleton))
            die("load the yardstick");
    }
    Yardstick(const Yardstick&) = delete;
    Yardstick& operator=(const Yardstick&) = delete;
    ~Yardstick() { lookup_bpf__destroy(skeleton); }
};

// The keys of flows that the table holds, each as the packet the yardstick takes it from.
std::vector<Bytes> flow_keys(const std::filesystem::path& pins)
{
    std::vector<Bytes> keys;
    const PinnedMap flows = open_map(pins / "maps/flows");
    for_each_batch(flows, [&](const unsigned char* raw_keys, const unsigned char*, __u32 count) {
        for (__u32 i = 0; i < count; ++i) {
            keys.emplace_back(14 + flows.info.key_size);
            std::memcpy(keys.back().data() + 14, raw_keys + std::size_t{i} * flows.info.key_size,
                        flows.info.key_size);
        }
    });
    std::ranges::shuffle(keys, std::mt19937{3});
    keys.resize(std::min(keys.size(), kSamples));
    return keys;
}

int measure(const std::filesystem::path& pins, const Sender& sender)
{
    const int program = find_program("from_interface", open_map(pins / "maps/endpoints").info.id);
    const auto addresses = destinations(pins, sender.vni);
    const Yardstick yardstick{pins};
    const int empty = bpf_program__fd(yardstick.skeleton->progs.empty);

    std::vector<Bytes> packets;
    for (std::size_t flow = 0; flow < kSamples; ++flow)
        packets.push_back(packet(sender, addresses[flow], flow));
    Cost nothing, first, known, lookup;
    for (const auto& bytes : packets) {
        nothing.times.push_back(run_once(empty, sender.ifindex, bytes, TC_ACT_OK));
        first.times.push_back(run_once(program, sender.ifindex, bytes, TC_ACT_REDIRECT));
        for (unsigned sent = 1; sent < kUntilEstablished; ++sent)
            run_once(program, sender.ifindex, bytes, TC_ACT_REDIRECT);
    }
    std::ranges::shuffle(packets, std::mt19937{2});
    for (const auto& bytes : packets)
        known.times.push_back(run_once(program, sender.ifindex, bytes, TC_ACT_REDIRECT));

    const int bare = bpf_program__fd(yardstick.skeleton->progs.lookup);
    for (const auto& bytes : flow_keys(pins))
        lookup.times.push_back(run_once(bare, sender.ifindex, bytes, TC_ACT_OK));

    const double overhead = nothing.median();
    fmt::print("{{\"flows\": {}, \"firstNs\": {:.0f}, \"knownNs\": {:.0f}, \"lookupNs\": {:.0f}}}\n", kSamples,
               first.median() - overhead, known.median() - overhead, lookup.median() - overhead);
    return 0;
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 6) {
        fmt::print(stderr, "usage: bench_lookups PINS DEVICE VNI ADDRESS MAC\n");
        return 2;
    }
    libbpf_set_print(nullptr);
    const Sender sender{::if_nametoindex(arguments[2]), static_cast<unsigned>(std::atoi(arguments[3])), arguments[4],
                        arguments[5]};
    if (sender.ifindex == 0)
        die(arguments[2]);
    return measure(arguments[1], sender);
}
