/* What XDP tells TC about a packet it has uncovered: deliver it to this interface, it is checked. Travels as the
 * packet's metadata, which nobody outside this host can set. */
#pragma once

#include <linux/types.h>

struct handover {
	__u32 mark; /* VPCD_MARK */
	__u32 interface;
};
