// The programs' `const volatile` globals, by name, in any object.
#pragma once

#include <cstdint>
#include <string_view>

struct bpf_object;

namespace vpcd {

// Before the object is loaded: afterwards the verifier has made it a constant. False: the object has no 32-bit global
// of this name.
bool set_constant(bpf_object* object, std::string_view name, std::uint32_t value);

} // namespace vpcd
