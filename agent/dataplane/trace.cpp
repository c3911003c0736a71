#include "dataplane/trace.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr __u32 kOnlyRecord = 0;

Result<void> clear(int map)
{
    const ::trace_record empty{};
    if (const int error = bpf_map_update_elem(map, &kOnlyRecord, &empty, BPF_ANY))
        return fail(bpf_error(error, "write table traces"));
    return {};
}

Result<void> take_steps(int map, ProbeResult& result)
{
    ::trace_record record{};
    if (const int error = bpf_map_lookup_elem(map, &kOnlyRecord, &record))
        return fail(bpf_error(error, "read table traces"));
    const auto kept = std::min<std::size_t>(record.count, VPCD_TRACE_STEPS);
    result.steps.assign(record.steps, record.steps + kept);
    result.is_cut = record.count > kept;
    return {};
}

} // namespace

Result<ProbeResult> follow(const Programs& programs, const Probe& probe)
{
    const int map = programs.map("traces");
    if (auto cleared = clear(map); !cleared)
        return fail(cleared.error());

    ProbeResult result;
    result.packet.resize(2 * kProbeBytes);
    const auto given = std::min(probe.packet.size(), kProbeBytes);
    ::__sk_buff context{};
    context.ifindex = probe.ifindex;
    context.mark = programs.trace_mark() | (probe.fresh ? TRACE_MARK_FRESH : 0);
    context.wire_len = std::max(probe.length, static_cast<unsigned>(given));
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = probe.packet.data(), .data_out = result.packet.data(),
                .data_size_in = static_cast<__u32>(given), .data_size_out = static_cast<__u32>(result.packet.size()),
                .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = 1);
    if (const int error = bpf_prog_test_run_opts(programs.program(probe.program), &options))
        return fail(bpf_error(error, "run a packet through " + probe.program));

    result.redirected = options.retval == TC_ACT_REDIRECT;
    result.packet.resize(options.data_size_out);
    if (auto taken = take_steps(map, result); !taken)
        return fail(taken.error());
    return result;
}

} // namespace vpcd
