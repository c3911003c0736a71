/* The one place that knows what programs are built for. Code asks `if (feature(GENEVE))`; <vpcd_build.h> answers: in
 * embedded/ with yes, on a host that compiles its own programs with constants, so that what is off is not even there.
 * Nothing but these answers may differ between the two. */
#pragma once

#include <vpcd/abi/encapsulation.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/features.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>

#include <vpcd_build.h>

#include "lib/compiler.h"

#define feature(id) (feature_##id)

/* Where hosts speak one encapsulation only, nobody needs to look which. */
static __always_inline bool is_gre(const struct host *host)
{
	return feature(GRE) && ((!feature(VXLAN) && !feature(GENEVE)) || host->encapsulation == ENCAPSULATION_GRE);
}

/* Of a tunnel over UDP. */
static __always_inline bool is_geneve(const struct host *host)
{
	return feature(GENEVE) && (!feature(VXLAN) || host->encapsulation == ENCAPSULATION_GENEVE);
}

/* Out of the VPC, not to an instance. */
static __always_inline bool is_outside(const struct next_hop *next_hop)
{
	return feature(OUTSIDE) && next_hop->flags & NEXT_HOP_OUTSIDE;
}

/* Likewise, to the gateway that let the connection in. */
static __always_inline bool is_way_back(const struct next_hop *next_hop)
{
	return feature(OUTSIDE) && next_hop->flags & NEXT_HOP_RETURN;
}

/* Must what it sends be its own? */
static __always_inline bool is_checked(const struct interface *interface)
{
	return feature(SOURCE_CHECK) && interface->flags & INTERFACE_SOURCE_CHECK;
}

static __always_inline bool is_only_encapsulation(void)
{
	return feature(VXLAN) + feature(GENEVE) + feature(GRE) == 1;
}
