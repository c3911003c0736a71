// The layouts of an object's maps, as its type information tells them.
#pragma once

#include "base/error.h"
#include "dataplane/layout.h"

struct bpf_map;
struct bpf_object;

namespace vpcd {

// Of a map of an object that is open; loaded or not. A map without types (a ring) has an empty layout.
Result<MapLayout> layout_of(const bpf_object*, const bpf_map*);

} // namespace vpcd
