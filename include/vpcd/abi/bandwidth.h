/* Bandwidth: how much may pass in a time. Each limit is of one direction; those who share one name the same. */
#pragma once

#include <vpcd/abi/types.h>

/* A bucket that leaks, as the time at which it will be empty (the generic cell rate algorithm, ITU-T I.371): a packet fits if
 * that time, with the packet's own, is not further ahead than `burst`. */
struct limit {
	__u64 byte_time; /* nanoseconds, times 2^LIMIT_SHIFT, that a byte takes; 0: no limit */
	__u64 burst;     /* nanoseconds */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct limit, 16);

#define LIMIT_SHIFT 26
#define LIMIT_CLOCK_SKEW 1000000 /* nanoseconds */
#define LIMIT_ATTEMPTS 8         /* at the time another CPU writes as well; then the packet passes unpaid */

/* Of a public address; indexes into `limits`, 0: none. */
struct public_limits {
	__u32 egress; /* to the Internet */
	__u32 ingress;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct public_limits, 8);
