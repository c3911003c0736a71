/* How a packet crosses the underlay. A host declares what it receives; senders follow. */
#pragma once

#define VPCD_ENCAPSULATIONS(X)                                                                                       \
	X(NONE, "none", 0)                                                                                           \
	X(VXLAN, "vxlan", VPCD_VXLAN_OVERHEAD)                                                                       \
	X(GENEVE, "geneve", VPCD_GENEVE_OVERHEAD)                                                                    \
	X(GRE, "gre", VPCD_GRE_OVERHEAD)

enum encapsulation {
#define X(id, name, overhead) ENCAPSULATION_##id,
	VPCD_ENCAPSULATIONS(X)
#undef X
		ENCAPSULATION_COUNT
};
