/* One packet on its way through the stages, the same for XDP and TC (lib/context_*.h, included first, tells which).
 *
 * No stage keeps a pointer into the packet: each takes data and data_end anew, because helpers that resize the packet
 * invalidate them. */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/scratch.h>

#include "lib/compiler.h"
#include "lib/features.h"

/* What a stage says about the packet. Never mixed with TC_ACT_* or XDP_*: the program translates at its end. */
enum verdict {
	VERDICT_CONTINUE, /* the next stage */
	VERDICT_DROP,     /* counted by drop() */
	VERDICT_REDIRECT, /* handed to a device */
	VERDICT_PASS,     /* not ours: the host's stack */
};

enum packet_flags {
	PACKET_FRAGMENT = 1 << 0,       /* any fragment */
	PACKET_UNTRACKED = 1 << 1,      /* ICMP that is no query: makes no flow */
	PACKET_ETHERNET = 1 << 2,       /* an Ethernet header stands before `l3` */
	PACKET_TRACED = 1 << 3,         /* tells what is decided and leaves nothing behind, see lib/trace.h */
	PACKET_OPTIONS = 1 << 4,        /* the IP header has options */
	PACKET_ROUTED = 1 << 5,         /* crosses the virtual router */
	PACKET_KNOWN = 1 << 6,          /* its flow has an entry, valid or not */
	PACKET_LATER_FRAGMENT = 1 << 7, /* not the first one */
	PACKET_FRESH = 1 << 8,          /* traced without the flow table */
	PACKET_ODD = 1 << 9,            /* TCP with SYN, or without ACK: a known flow alone does not let it pass */
	PACKET_ERROR = 1 << 10,         /* ICMP error: is about another packet */
	PACKET_ESTABLISHED = 1 << 11,   /* its flow is in `flows`; else, if known, in `pending` */
	PACKET_ANSWERS = 1 << 12,       /* its sender did not open the connection */
	PACKET_ANSWERED = 1 << 13,  /* its receiver opened the connection; the two differ where a leg is not known */
	PACKET_APPROVED = 1 << 14,  /* the rules of now have let the connection pass already */
	PACKET_JOINS = 1 << 15,     /* only the other direction of its flow is known */
	PACKET_BEGINS = 1 << 16,    /* opens a connection anew where one has ended */
	PACKET_ASIDE = 1 << 17,     /* passes and leaves its flow as it is */
	PACKET_MIDSTREAM = 1 << 18, /* in the middle of an unknown TCP connection that may be taken up */
	PACKET_LEAVES = 1 << 19,    /* out of a tunnel, to go to the Internet from here */
	PACKET_ENTERS = 1 << 20,    /* of the Internet, for a public address that is served here */
	PACKET_ENTERED = 1 << 21,   /* let in by a gateway, here or elsewhere, to which answers go back */
	PACKET_RETURNS = 1 << 22,   /* such an answer, at the gateway */
	PACKET_BALANCED = 1 << 23,  /* its destination was a load balancer of the VPC */
	PACKET_SERVED = 1 << 24,    /* its source is to become one */
	PACKET_CHECK = 1 << 25,     /* of a health check, either way: no rules are asked, no cap counts */
	PACKET_PASSES = 1 << 26,    /* of the Internet, for another host to translate: it goes there */
	PACKET_PASSED = 1 << 27,    /* out of a tunnel: such a packet, at that host */
};

struct packet {
	struct packet_context *context;
	struct scratch *scratch; /* NULL until a decision is to be made */
	__u64 egress_rule;       /* the rules that let out and in the packet that opened the connection */
	__u64 ingress_rule;
	__u64 denied_by;         /* the rule because of which it is dropped */
	struct flow_key flow;    /* of the inner packet */
	__u32 hook;              /* enum hook */
	__u32 interface;         /* the local interface it is about: sender or receiver */
	__u32 length;            /* bytes at the hook */
	__u32 next_hop;          /* the decision: index into `next_hops` */
	__u32 host;              /* sender on the underlay, index into `hosts` */
	__u32 peer_entry;        /* `entry` of the other direction */
	__u32 epoch;             /* of the rules it is judged by */
	__u32 sender_generation; /* of the local sender and receiver, as they were before the rules were asked */
	__u32 receiver_generation;
	__u32 muted; /* traced: what no key of a counter has, so that it is counted nowhere */
	__be32 outer_source;
	__u32 flags; /* enum packet_flags */
	__u16 l3;    /* offset of the inner IP header */
	__u16 l4;    /* offset of what follows it */
	__be16 ether_type;
	__be16 tunnel_port;
	__be16 ip_id;
	__u8 ttl;
	__u8 tos; /* inner */
	__u8 outer_tos;
	__u8 tcp_flags;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 encapsulation; /* enum encapsulation it arrived in */
	struct mac source_mac __attribute__((aligned(2)));
	struct mac destination_mac;
};

static __always_inline void *packet_data(const struct packet *p)
{
	return context_data(p->context);
}

static __always_inline void *packet_end(const struct packet *p)
{
	return context_end(p->context);
}

/* An offset kept in struct packet, as a number the verifier can bound. Headers end long before it. */
static __always_inline __u32 bounded(__u32 header_offset)
{
	return header_offset & 0x3ff;
}

/* Makes the headers readable in one piece, if they are not. */
static __always_inline bool packet_linearize(const struct packet *p)
{
	const __u32 headers = 256;

	return context_pull(p->context, p->length < headers ? p->length : headers);
}

/* Writes the Ethernet header at the start. `source`: the neighbour it comes from, as the receiver sees it. */
static __always_inline bool write_ethernet(const struct packet *p, const struct mac *destination,
					   const struct mac *source)
{
	struct ethhdr *ethernet = packet_data(p);

	if ((void *)(ethernet + 1) > packet_end(p))
		return false;
	__builtin_memcpy(ethernet->h_dest, destination, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, source, ETH_ALEN);
	ethernet->h_proto = bpf_htons(ETH_P_IP);
	return true;
}

static __always_inline bool same_mac(const struct mac *a, const struct mac *b)
{
	const __u16 *x = (const __u16 *)a, *y = (const __u16 *)b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

/* A quarter of an address; the BPF half is compiled without strict aliasing, as the kernel is. */
static __always_inline __be32 *address_word(const struct address *address, int index)
{
	return (__be32 *)address->byte + index;
}

/* The IPv4 address that is mapped in it. */
static __always_inline __be32 ipv4_of(const struct address *address)
{
	return *address_word(address, 3);
}

static __always_inline void set_ipv4(struct address *address, __be32 ipv4)
{
	*address_word(address, 0) = 0;
	*address_word(address, 1) = 0;
	*address_word(address, 2) = bpf_htonl(0xffff);
	*address_word(address, 3) = ipv4;
}

/* False: from a GRE tunnel, which carries IP packets. */
static __always_inline bool has_ethernet(const struct packet *p)
{
	return !feature(GRE) || p->flags & PACKET_ETHERNET;
}

/* Of the inner Ethernet frame; a tunnel without one counts as if it had. */
static __always_inline __u32 inner_bytes(const struct packet *p)
{
	return p->length - (p->l3 - sizeof(struct ethhdr));
}

/* Its last four bytes. */
static __always_inline __u32 mac_low(const struct mac *mac)
{
	const __u8 *b = mac->byte;

	return (__u32)b[2] << 24 | (__u32)b[3] << 16 | (__u32)b[4] << 8 | b[5];
}

/* The part of the key that tells apart packets which enter from the underlay for different instances. */
static __always_inline __u32 underlay_entry(const struct mac *destination)
{
	return FLOW_ENTRY_UNDERLAY | (mac_low(destination) & FLOW_ENTRY_MAC_MASK);
}
