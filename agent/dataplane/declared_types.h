// The types of a table's keys and values, as an object declares them.
#pragma once

#include <linux/types.h>

struct bpf_map;
struct bpf_object;

namespace vpcd {

// Numbers in the type information of this object; 0: it says nothing. Not what bpf_map__btf_key_type_id() tells: of a
// table that another object has made, libbpf answers with numbers of that other object.
struct DeclaredTypes {
    __u32 key = 0;
    __u32 value = 0;
};
DeclaredTypes declared_types(const bpf_object*, const bpf_map*);

} // namespace vpcd
