/* ARP packets (RFC 826). */
#pragma once

#include "lib/headers.h"
#include "lib/packet.h"

static __always_inline struct arp_ipv4 *arp_header(const struct packet *p)
{
	struct arp_ipv4 *arp = packet_data(p) + sizeof(struct ethhdr);

	return (void *)(arp + 1) > packet_end(p) ? NULL : arp;
}

static __always_inline bool is_ipv4_arp(const struct arp_ipv4 *arp)
{
	return arp->hardware == bpf_htons(ARPHRD_ETHER) && arp->protocol == bpf_htons(ETH_P_IP) &&
	       arp->hardware_length == ETH_ALEN && arp->protocol_length == 4;
}

static __always_inline void write_arp_reply(const struct packet *p, struct arp_ipv4 *arp, const struct mac *answer)
{
	struct ethhdr *ethernet = packet_data(p);
	__u8 target[4];

	__builtin_memcpy(target, arp->target, sizeof(target));
	__builtin_memcpy(ethernet->h_dest, &p->source_mac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, answer, ETH_ALEN);
	arp->operation = bpf_htons(ARPOP_REPLY);
	arp->target_mac = arp->sender_mac;
	__builtin_memcpy(arp->target, arp->sender, sizeof(arp->target));
	arp->sender_mac = *answer;
	__builtin_memcpy(arp->sender, target, sizeof(arp->sender));
}
