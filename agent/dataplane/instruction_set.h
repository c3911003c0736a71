// Which BPF instructions this kernel runs.
#pragma once

#include <string_view>

namespace vpcd {

// The newest of clang's "v2", "v3" (32-bit arithmetic and jumps) and "v4" (sign extension, byte swap; kernel 6.6).
// Asked once, by loading programs of two instructions.
std::string_view newest_instructions();

} // namespace vpcd
