/* For objects that hold nothing but pinned tables. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/vpc.h>

#define TABLE(name, kind, key_type, value_type, entries, options)                                                    \
    struct {                                                                                                         \
        __uint(type, kind);                                                                                          \
        __type(key, key_type);                                                                                       \
        __type(value, value_type);                                                                                   \
        __uint(max_entries, entries);                                                                                \
        __uint(map_flags, options);                                                                                  \
        __uint(pinning, LIBBPF_PIN_BY_NAME);                                                                         \
    } name SEC(".maps")
