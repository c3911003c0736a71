/* Where the kernel's fixed-width types come from, and the address every table uses.
 * Compiles as C11 (BPF) and as C++23 (agent). */
#pragma once

#include <linux/types.h>

#ifdef __cplusplus
#define VPCD_ABI_SIZE(type, size) static_assert(sizeof(type) == (size), #type " changed its layout")
#else
#define VPCD_ABI_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " changed its layout")
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
