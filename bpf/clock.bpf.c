/* Flows are stamped in jiffies, because reading the clock costs more than a lookup. The agent runs this to read both
 * clocks at one moment and learn what a jiffy is. */
#include <vpcd/abi/clock.h>

#include "lib/compiler.h"

SEC("syscall")
int read_clock(struct clock_reading *reading)
{
	reading->jiffies = bpf_jiffies64();
	reading->nanoseconds = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
