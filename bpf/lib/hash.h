/* A hash whose bits are good enough to spread connections by. */
#pragma once

#include "lib/compiler.h"

static __always_inline __u32 mix(__u32 hash, __u32 word)
{
	hash = (hash ^ word) * 0x9e3779b1u;
	return hash ^ hash >> 15;
}
