/* Where the kernel's fixed-width types come from, and the address every table uses.
 * Compiles as C11 (BPF) and as C++23 (agent). */
#pragma once

#include <linux/types.h>

#ifdef __cplusplus
#define VPCD_ABI_SIZE(type, size) static_assert(sizeof(type) == (size), #type " changed its layout")
#else
#define VPCD_ABI_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " changed its layout")
#endif

/* The number of a layout, on every struct that is the key or the value of a map. An agent that meets entries of the same
 * number but with other members moves them over member by member, by name: a member may be added (it starts as zero),
 * removed, moved or made wider. Whatever else changes - the meaning of a member, of a flag, of an index - takes another
 * number: such entries are not carried over. */
#ifdef __bpf__
#define VPCD_LAYOUT(number) __attribute__((btf_decl_tag("layout:" #number)))
#else
#define VPCD_LAYOUT(number)
#endif

/* An IPv6 address, or an IPv4 address mapped as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct address {
	__u8 byte[16]; /* as on the wire, so that a dump of a table shows 10,0,1,10 */
} __attribute__((aligned(4)));
VPCD_ABI_SIZE(struct address, 16);

struct mac {
	__u8 byte[6]; /* as on the wire */
};
VPCD_ABI_SIZE(struct mac, 6);
