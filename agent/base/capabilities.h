// What the calling thread may do as root (capabilities(7)). Other threads keep what they have.
#pragma once

#include <initializer_list>

#include "base/error.h"

namespace vpcd {

// CAP_*. For good; also of threads that it starts from now on. One that it does not have is no error.
Result<void> give_up_capability(int capability);
Result<void> give_up_all_capabilities_but(std::initializer_list<int> kept);

} // namespace vpcd
