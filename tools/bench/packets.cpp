// Sends small UDP frames of many flows out of a device as fast as one core can, by AF_PACKET without a qdisc.
// bench_packets DEVICE SOURCE_MAC DESTINATION_MAC SOURCE DESTINATION FLOWS SECONDS
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

namespace {

constexpr std::size_t kFrame = 60; // 64 bytes on a wire, with the checksum no veth carries
constexpr std::uint16_t kPort = 9;
constexpr std::uint16_t kFirstSourcePort = 10000;
constexpr unsigned kBatch = 64;

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

Frame make_frame(char** arguments, unsigned flow)
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
    frame.udp.source = htons(static_cast<std::uint16_t>(kFirstSourcePort + flow));
    frame.udp.dest = htons(kPort);
    frame.udp.len = htons(kFrame - sizeof(ether_header) - sizeof(iphdr)); // no checksum: allowed over IPv4
    return frame;
}

int open_socket(const char* device)
{
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    const int on = 1;
    if (::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0)
        die("PACKET_QDISC_BYPASS");
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_ifindex = static_cast<int>(::if_nametoindex(device));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0)
        die(device);
    return fd;
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
    const int fd = open_socket(arguments[1]);
    const auto flows = static_cast<unsigned>(std::stoul(arguments[6]));
    const double duration = std::stod(arguments[7]);
    std::vector<Frame> frames;
    for (unsigned flow = 0; flow < flows; ++flow)
        frames.push_back(make_frame(arguments, flow));
    std::vector<iovec> vectors(flows);
    std::vector<mmsghdr> messages(flows);
    for (unsigned flow = 0; flow < flows; ++flow) {
        vectors[flow] = {&frames[flow], sizeof(Frame)};
        messages[flow].msg_hdr.msg_iov = &vectors[flow];
        messages[flow].msg_hdr.msg_iovlen = 1;
    }

    std::uint64_t sent = 0;
    const double start = seconds();
    double elapsed = 0;
    for (unsigned at = 0; elapsed < duration; at = at + kBatch < flows ? at + kBatch : 0) {
        const int done = ::sendmmsg(fd, &messages[at], std::min(kBatch, flows - at), 0);
        if (done < 0 && errno != ENOBUFS && errno != EAGAIN)
            die("sendmmsg");
        sent += done > 0 ? static_cast<std::uint64_t>(done) : 0;
        elapsed = seconds() - start;
    }
    std::printf("{\"sent\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(sent), elapsed);
    return 0;
}
