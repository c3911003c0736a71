/* Lowers the MSS of a TCP handshake to what the tunnel carries (RFC 879, RFC 6691): peers that never see our ICMP
 * still find a size that passes. */
#pragma once

#include "stages/parse.h"

#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TCP_OPTION_MSS_LENGTH 4
#define TCP_MAX_OPTIONS 40

struct mss_search {
	__u8 options[64];
	__u32 length;
	__u32 at;    /* the option looked at */
	__u32 found; /* offset of the MSS value from the start of the TCP header, 0: none yet */
};

/* One option; 1 ends the search. A callback: unrolled, the loop is more than the verifier of 6.18 walks. */
static int read_option(__u32 turn, struct mss_search *search)
{
	const __u32 at = search->at & 63;
	const __u8 kind = search->options[at], size = search->options[(at + 1) & 63];

	(void)turn;
	if (search->at + 1 >= search->length || kind == TCP_OPTION_END)
		return 1;
	if (kind == TCP_OPTION_MSS) {
		search->found = size == TCP_OPTION_MSS_LENGTH ? sizeof(struct tcphdr) + at + 2 : 0;
		return 1;
	}
	if (kind != TCP_OPTION_NOP && size < 2)
		return 1;
	search->at += kind == TCP_OPTION_NOP ? 1 : size;
	return 0;
}

/* True: it was too large. (A function without a used result fails the verifier of 6.18: it may not leave a stack
 * pointer in R0.) */
static __noinline bool clamp_mss(const struct packet *p, __u32 room)
{
	const __u32 tcp_at = bounded(p->l4);
	struct mss_search search = {};
	__u32 length, mss_at;
	struct tcphdr tcp;
	__be16 mss, limit;

	if (p->flow.protocol != IPPROTO_TCP || room < sizeof(struct iphdr) + sizeof(tcp) ||
	    bpf_skb_load_bytes(&p->context->skb, tcp_at, &tcp, sizeof(tcp)))
		return false;
	length = tcp.doff * 4;
	if (length < sizeof(tcp) + TCP_OPTION_MSS_LENGTH)
		return false;
	/* 1 to 64 in the eyes of the verifier of 6.1, which wants to see that a read is not empty. */
	length = ((length - sizeof(tcp) - 1) & 63) + 1;
	if (bpf_skb_load_bytes(&p->context->skb, tcp_at + sizeof(tcp), search.options, length))
		return false;
	search.length = length;
	bpf_loop(TCP_MAX_OPTIONS, read_option, &search, 0);
	mss_at = bounded(search.found);
	if (!mss_at || bpf_skb_load_bytes(&p->context->skb, tcp_at + mss_at, &mss, sizeof(mss)))
		return false;
	limit = bpf_htons(room - sizeof(struct iphdr) - sizeof(tcp));
	if (bpf_ntohs(mss) <= bpf_ntohs(limit))
		return false;
	trace(p, TRACE_MSS, bpf_ntohs(mss), bpf_ntohs(limit), 0, NULL);
	bpf_skb_store_bytes(&p->context->skb, tcp_at + mss_at, &limit, sizeof(limit), 0);
	/* The field may start at an odd offset of the TCP header: its bytes then change places in the sum (RFC 1071, 2B). */
	if (mss_at & 1) {
		mss = __builtin_bswap16(mss);
		limit = __builtin_bswap16(limit);
	}
	bpf_l4_csum_replace(&p->context->skb, tcp_at + __builtin_offsetof(struct tcphdr, check), mss, limit,
			    sizeof(limit));
	return true;
}
