// Why a table did not take a row, in words that say what to do.
#pragma once

#include "base/error.h"

namespace vpcd {

// `code`: an errno, positive or negative, of a write to this map.
Error write_error(int code, int map, const std::string& table);

} // namespace vpcd
