// The command line of vpcd.
#pragma once

#include <optional>
#include <string>

namespace vpcd {

struct Options {
    std::string config = "/etc/vpcd/vpcd.yaml";
    std::string check; // a directory of documents to validate; empty: run the agent
    bool check_upgrade = false;
    bool purge = false;
    std::string host; // overrides the configuration's
};

// Nothing: the command line asked for help or was wrong; it was answered, and `exit_code` says how to end.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

} // namespace vpcd
