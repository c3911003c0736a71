// Programs from files instead of the embedded ones: VPCD_BPF_OBJECTS names a directory with interface.bpf.o and so
// on.
#pragma once

#include <optional>
#include <vector>

#include "dataplane/other_build.h"

namespace vpcd::test {

// NAME.bpf.o of each; ends the program with a sentence when one cannot be read.
ObjectImages read_objects(const char* directory);
// Of VPCD_BPF_OBJECTS, loaded over the tables of `own`; nothing when it is not set.
std::optional<OtherBuild> other_build(const std::vector<bpf_object*>& own);

} // namespace vpcd::test
