// Attaches sink.bpf.c to a device, says "ready", and on SIGTERM prints how many datagrams it counted.
// bench_sink DEVICE tc|xdp
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string_view>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include "sink.skel.h"

namespace {

[[noreturn]] void die(const char* what)
{
    std::fprintf(stderr, "bench_sink: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

// TCX where the kernel has it (6.6), clsact below.
void attach_tc(const bpf_program* program, int ifindex)
{
    libbpf_set_print(nullptr);
    if (bpf_program__attach_tcx(program, ifindex, nullptr))
        return; // the link lives as long as this process
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = ifindex;
    hook.attach_point = BPF_TC_INGRESS;
    bpf_tc_hook_create(&hook);
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.prog_fd = bpf_program__fd(program);
    if (bpf_tc_attach(&hook, &options) != 0)
        die("attach");
}

void attach_xdp(const bpf_program* program, int ifindex)
{
    if (!bpf_program__attach_xdp(program, ifindex)) // lives as long as this process
        die("attach");
}

std::uint64_t counted(int map)
{
    std::vector<std::uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    const std::uint32_t key = 0;
    if (bpf_map_lookup_elem(map, &key, values.data()) != 0)
        die("read the count");
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

} // namespace

int main(int count, char** arguments)
{
    const bool is_xdp = count == 3 && std::string_view{arguments[2]} == "xdp";
    if (count != 3) {
        std::fputs("usage: bench_sink DEVICE tc|xdp\n", stderr);
        return 2;
    }
    const auto ifindex = ::if_nametoindex(arguments[1]);
    if (ifindex == 0)
        die(arguments[1]);
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    ::sigprocmask(SIG_BLOCK, &end, nullptr);

    auto* skeleton = sink_bpf__open_and_load();
    if (!skeleton)
        die("load");
    if (is_xdp)
        attach_xdp(skeleton->progs.sink_xdp, static_cast<int>(ifindex));
    else
        attach_tc(skeleton->progs.sink_tc, static_cast<int>(ifindex));
    std::puts("ready");
    std::fflush(stdout);

    int received = 0;
    ::sigwait(&end, &received);
    std::printf("{\"packets\": %llu}\n",
                static_cast<unsigned long long>(counted(bpf_map__fd(skeleton->maps.packets))));
    sink_bpf__destroy(skeleton);
    return 0;
}
