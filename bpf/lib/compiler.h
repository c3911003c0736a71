/* Words of the compiler and of the byte order that every file here uses. */
#pragma once

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Slow paths are functions of their own: the fast path keeps its registers and the verifier less to walk. */
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

/* The value, and nothing the compiler knows about it. */
static __always_inline __u32 opaque(__u32 value)
{
	asm volatile("" : "+r"(value));
	return value;
}

/* <errno.h> is libc's. What a table answers is an int: before kernel 6.4 the upper half of a long is not its sign. */
#define EEXIST 17
