// Tells which rows a process has asked the kernel to write, without slowing it down as a debugger would. Says "ready"
// (or "unavailable" where the kernel has no such tracepoint); then answers each pid on a line of standard input with
// one line of JSON, {"<map id>": {"calls": 1, "rows": 4096}, ...}, and forgets it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <sys/syscall.h>
#include <vector>

#include "writes.skel.h"

namespace {

struct Descriptor {
    __u32 process;
    __u32 fd;
};

struct Written {
    __u64 calls = 0;
    __u64 rows = 0;
};

// The id of the map behind a descriptor of another process; 0: none, or closed since.
unsigned map_behind(const Descriptor& descriptor)
{
    std::ifstream info{fmt::format("/proc/{}/fdinfo/{}", descriptor.process, descriptor.fd)};
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("map_id:"))
            return static_cast<unsigned>(std::stoul(line.substr(line.find(':') + 1)));
    return 0;
}

std::string take(int writes, __u32 process)
{
    std::vector<Descriptor> descriptors;
    Descriptor key{};
    for (int error = bpf_map_get_next_key(writes, nullptr, &key); !error;
         error = bpf_map_get_next_key(writes, &key, &key))
        if (key.process == process)
            descriptors.push_back(key);

    std::map<unsigned, Written> by_map;
    for (const auto& descriptor : descriptors) {
        Written written{};
        if (bpf_map_lookup_elem(writes, &descriptor, &written) || bpf_map_delete_elem(writes, &descriptor))
            continue;
        auto& sum = by_map[map_behind(descriptor)];
        sum.calls += written.calls;
        sum.rows += written.rows;
    }
    std::vector<std::string> members;
    for (const auto& [id, written] : by_map)
        members.push_back(fmt::format("\"{}\": {{\"calls\": {}, \"rows\": {}}}", id, written.calls, written.rows));
    return fmt::format("{{{}}}", fmt::join(members, ", "));
}

void say(const std::string& line)
{
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

} // namespace

int main()
{
    libbpf_set_print(nullptr);
    writes_bpf* skeleton = writes_bpf__open();
    if (skeleton)
        skeleton->rodata->bpf_syscall = SYS_bpf;
    if (!skeleton || writes_bpf__load(skeleton) || writes_bpf__attach(skeleton)) {
        say("unavailable");
        return 0;
    }
    say("ready");
    for (std::string line; std::getline(std::cin, line);)
        say(take(bpf_map__fd(skeleton->maps.writes), static_cast<__u32>(std::stoul(line))));
    writes_bpf__destroy(skeleton);
    return 0;
}
