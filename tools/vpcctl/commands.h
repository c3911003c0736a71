// What vpcctl does once its command line is understood: ask, print, and say how it went.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/runtime_files.h"
#include "vpcctl/client.h"

namespace vpcd {

enum class Format { Table, Yaml, Json };

// Exit codes. 2 is a wrong command line.
inline constexpr int kOk = 0;
inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnreachable = 3;
inline constexpr int kBusy = 4; // the agent works, at its start for example, and does not answer yet

struct Options {
    std::string socket = std::string{kRuntimeDirectory} + '/' + kSocketName;
    Format format = Format::Table;
    std::string kind;
    std::string name;
    std::vector<std::pair<std::string, std::string>> query; // filters, as the API takes them
    bool all = false;
    bool follow = false;
};

int run_status(const Options&);
int run_get(const Options&);
int run_describe(const Options&);
int run_flows(const Options&);
// Ends connections.
int run_flows_delete(const Options&);
int run_counters(const Options&);
int run_drops(const Options&);
// 0: the packet would arrive, as far as this host knows; 1: it would not; 2: the question is wrong.
int run_trace(const Options&);

} // namespace vpcd
