#include "kernel/announce.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

struct Frame {
    ::ether_header ethernet;
    ::ether_arp arp;
} __attribute__((packed));

// Sender and target are the address itself; who hears it puts the MAC in the place of the one it knew.
Frame announcement(const Mac& mac, const Address& address)
{
    Frame frame{};
    const std::uint32_t ipv4 = htonl(address.v4_value());
    std::ranges::fill(frame.ethernet.ether_dhost, 0xff);
    std::ranges::copy(mac.bytes(), frame.ethernet.ether_shost);
    frame.ethernet.ether_type = htons(ETHERTYPE_ARP);
    frame.arp.ea_hdr = {htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, sizeof(ipv4), htons(ARPOP_REQUEST)};
    std::ranges::copy(mac.bytes(), frame.arp.arp_sha);
    std::memcpy(frame.arp.arp_spa, &ipv4, sizeof(ipv4));
    std::memcpy(frame.arp.arp_tpa, &ipv4, sizeof(ipv4));
    return frame;
}

} // namespace

Result<void> announce(unsigned ifindex, const Mac& mac, const Address& address)
{
    const UniqueFd packets{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
    if (!packets)
        return fail(Error::system(errno, "open a packet socket"));
    const Frame frame = announcement(mac, address);
    ::sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(ifindex);
    to.sll_halen = ETH_ALEN;
    if (sendto(packets.get(), &frame, sizeof(frame), 0, reinterpret_cast<const ::sockaddr*>(&to), sizeof(to)) < 0)
        return fail(Error::system(errno, "announce " + to_string(address)));
    return {};
}

} // namespace vpcd
