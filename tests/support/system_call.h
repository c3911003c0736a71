// System calls of another process that change the kernel, as the tool `interrupt` sees them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <linux/filter.h>
#include <sys/types.h>

namespace interrupt {

// A seccomp filter that stops the process for its tracer at each call that may change something.
std::vector<sock_filter> stop_at_changes();
// The call a stopped thread is about to make, if it is one that changes the kernel: "bpf MAP_UPDATE_ELEM 5",
// "netlink 16", "unlink /run/vpcd.sock".
std::optional<std::string> describe_change(pid_t thread);
// The call is not made, and returns this error.
void fail_call(pid_t thread, int code);

} // namespace interrupt
