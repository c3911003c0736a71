// Sends small UDP frames of many flows out of a device as fast as one core can. The device's peer must take frames by
// NAPI (`ethtool -K PEER gro on`).  bench_packets DEVICE SOURCE_MAC DESTINATION_MAC SOURCE DESTINATION FLOWS SECONDS
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include "generate.skel.h"

namespace {

constexpr std::size_t kFrame = 60; // 64 bytes on a wire, with the checksum no veth carries
constexpr std::uint16_t kPort = 9;
constexpr std::uint16_t kFirstSourcePort = 10000;
constexpr std::size_t kRoom = 64; // what the program leaves free before the frame
constexpr unsigned kBatch = 64;
constexpr int kFramesPerRun = 1 << 15;

struct Frame {
    ether_header ethernet;
    iphdr ip;
    udphdr udp;
    char payload[kFrame - sizeof(ether_header) - sizeof(iphdr) - sizeof(udphdr)];
} __attribute__((packed));
static_assert(sizeof(Frame) == kFrame);

[[noreturn]] void die(const char* what)
{
    std::fprintf(stderr, "bench_packets: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

std::uint16_t checksum(const void* data, std::size_t size)
{
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < size; at += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, static_cast<const char*>(data) + at, 2);
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

Frame make_frame(char** arguments)
{
    Frame frame{};
    std::memcpy(frame.ethernet.ether_shost, ether_aton(arguments[2]), ETH_ALEN);
    std::memcpy(frame.ethernet.ether_dhost, ether_aton(arguments[3]), ETH_ALEN);
    frame.ethernet.ether_type = htons(ETHERTYPE_IP);
    iphdr ip{};
    ip.version = 4;
    ip.ihl = 5;
    ip.tot_len = htons(kFrame - sizeof(ether_header));
    ip.frag_off = htons(IP_DF);
    ip.ttl = 64;
    ip.protocol = IPPROTO_UDP;
    ip.saddr = ::inet_addr(arguments[4]);
    ip.daddr = ::inet_addr(arguments[5]);
    ip.check = checksum(&ip, sizeof(ip));
    frame.ip = ip;
    frame.udp.len = htons(kFrame - sizeof(ether_header) - sizeof(iphdr)); // no checksum: allowed over IPv4
    return frame;
}

generate_bpf* load(char** arguments)
{
    auto* skeleton = generate_bpf__open();
    if (!skeleton)
        die("open");
    const Frame frame = make_frame(arguments);
    std::memcpy(const_cast<unsigned char*>(skeleton->rodata->frame), &frame, sizeof(frame));
    skeleton->rodata->ifindex = ::if_nametoindex(arguments[1]);
    skeleton->rodata->flows = static_cast<std::uint32_t>(std::stoul(arguments[6]));
    skeleton->rodata->first_port = kFirstSourcePort;
    skeleton->rodata->port = kPort;
    if (generate_bpf__load(skeleton) != 0)
        die("load");
    return skeleton;
}

double seconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 8) {
        std::fputs("usage: bench_packets DEVICE SOURCE_MAC DESTINATION_MAC SOURCE DESTINATION FLOWS SECONDS\n",
                   stderr);
        return 2;
    }
    auto* skeleton = load(arguments);
    const double duration = std::stod(arguments[7]);
    const char room[kRoom + kFrame] = {}; // the program fills it
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = room;
    options.data_size_in = sizeof(room);
    options.repeat = kFramesPerRun;
    options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    options.batch_size = kBatch;

    std::uint64_t sent = 0;
    const double start = seconds();
    double elapsed = 0;
    for (; elapsed < duration; elapsed = seconds() - start) {
        if (bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.generate), &options) != 0)
            die("BPF_PROG_TEST_RUN");
        sent += kFramesPerRun;
    }
    std::printf("{\"sent\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(sent), elapsed);
    generate_bpf__destroy(skeleton);
    return 0;
}
