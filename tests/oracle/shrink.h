// The smallest case that still fails: steps are left out, then documents, rules, routes and groups.
#pragma once

#include <functional>

#include "case.h"

namespace vpcd::oracle {

using Fails = std::function<bool(const Case&)>;

// `found` fails. At most so many tries.
Case shrink(Case found, const Fails& fails, std::size_t tries = 4000);

} // namespace vpcd::oracle
