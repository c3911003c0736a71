/* Internet checksums (RFC 1071, RFC 1624). */
#pragma once

#include <linux/ip.h>

#include "lib/compiler.h"

static __always_inline __sum16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__sum16)~sum;
}

/* Of an IPv4 header without options whose check field is zero. `header` is 2-byte aligned. */
static __always_inline __sum16 ipv4_checksum(const struct iphdr *header)
{
	const __u16 *word = (const __u16 *)header;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += word[i];
	return fold(sum);
}

/* After the field `from` of the checksummed data became `to` (RFC 1624, eqn. 3). */
static __always_inline __sum16 checksum_replace(__sum16 check, __u16 from, __u16 to)
{
	return fold((__u32)(__u16)~check + (__u16)~from + to);
}
