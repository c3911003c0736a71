// Where the agent's messages go: to the journal with fields when systemd connected stderr to it, else to stderr.
#pragma once

#include <spdlog/common.h>
#include <string>
#include <vector>

#include "base/error.h"

namespace vpcd {

// `level`: a word of the settings' logLevel. `host`: the name of this host's document.
void open_log(const std::string& level, const std::string& host);
// An error with what it is about: in the journal as VPCD_DOCUMENT, VPCD_RESOURCE and ERRNO.
void log_error(const Error&);
// The first hundred, and how many more there are.
void log_errors(const std::vector<Error>&);

} // namespace vpcd
