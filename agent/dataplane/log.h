// What libbpf has to say, kept for the error that follows: the verifier's reasons reach the operator, the rest does
// not.
#pragma once

#include <string>

#include "base/error.h"

namespace vpcd {

// Routes libbpf's messages here. Once, before the first use of libbpf.
void capture_libbpf_log();

// After a call whose failure is no error.
void discard_libbpf_log();

// `code`: an errno, positive or negative. Adds what libbpf warned about since the last error.
Error bpf_error(int code, const std::string& doing);

} // namespace vpcd
