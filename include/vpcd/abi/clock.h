/* The kernel's two clocks at one moment. */
#pragma once

#include <vpcd/abi/types.h>

struct clock_reading {
	__u64 jiffies;
	__u64 nanoseconds; /* CLOCK_MONOTONIC */
};
VPCD_ABI_SIZE(struct clock_reading, 16);
