#include "dataplane/flow_ends.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <limits>
#include <map>

#include <vpcd/abi/vpc.h>

#include "dataplane/log.h"
#include "dataplane/readings.h"
#include "plan/table.h"

namespace vpcd {

namespace {

// Stamps are 32 bits wide: what is longer ago than half of that seems to be to come.
constexpr std::uint64_t kLongest = std::numeric_limits<std::int32_t>::max();

template <typename Context>
Result<void> run(int program, Context& context, const char* doing)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &context, .ctx_size_in = sizeof(context));
    if (const int error = bpf_prog_test_run_opts(program, &options))
        return fail(bpf_error(error, doing));
    return {};
}

} // namespace

Result<Expired> expire_flows(const Programs& programs, const KernelClock& clock, const TimeoutSeconds& timeouts)
{
    ::expiry expiry{};
    for (std::size_t i = 0; i < timeouts.size(); ++i)
        expiry.timeouts[i] = static_cast<__u32>(std::min(clock.jiffies_in(timeouts.at(i)), kLongest));
    if (auto done = run(programs.program("expire_flows"), expiry, "end idle flows"); !done)
        return fail(done.error());
    return Expired{expiry.seen + expiry.translations_seen, expiry.ended + expiry.translations_ended};
}

Result<std::uint32_t> forget_flow(const Programs& programs, const ::flow_key& key)
{
    ::forgetting forgetting{.key = key, .ended = 0};
    if (auto done = run(programs.program("forget_flow"), forgetting, "end a flow"); !done)
        return fail(done.error());
    return forgetting.ended;
}

Result<std::uint32_t> forget_translation(const Programs& programs, const ::flow_key& key)
{
    ::forgetting forgetting{.key = key, .ended = 0};
    if (auto done = run(programs.program("forget_translation"), forgetting, "end a translation"); !done)
        return fail(done.error());
    return forgetting.ended;
}

Result<void> recount_translations(const Programs& programs)
{
    Table<::translation_count_key, std::uint64_t> counts;
    Table<std::uint32_t, std::uint64_t> connections; // of backends
    auto visited = visit_translations(programs, [&](const ::flow_key& key, const ::translation& translation) {
        if ((translation.flags & TRANSLATION_OUT) == 0)
            return true;
        ++counts[{.address = {}, .vpc = key.vpc}];
        ++counts[{.address = translation.address, .vpc = translation.flags & TRANSLATION_INSIDE ? key.vpc : 0}];
        if (translation.flags & TRANSLATION_OF_SERVICE)
            ++connections[translation.id];
        else
            ++counts[{.address = key.source, .vpc = key.vpc}];
        return true;
    });
    if (!visited)
        return visited;
    for (const auto& [key, pairs] : counts) {
        const ::translation_count count{.pairs = pairs};
        if (const int error = bpf_map_update_elem(programs.map("translation_counts"), &key, &count, BPF_ANY))
            return fail(bpf_error(error, "write table translation_counts"));
    }
    for (const auto& [backend, pairs] : connections)
        if (const int error = bpf_map_update_elem(programs.map("backend_connections"), &backend, &pairs, BPF_ANY))
            return fail(bpf_error(error, "write table backend_connections"));
    return {};
}

Result<void> recount_flows(const Programs& programs)
{
    std::map<std::uint32_t, std::uint64_t> counts;
    auto visited = visit_flows(programs, [&](FlowTable table, const ::flow_key& key, const ::flow&) {
        if (table == FlowTable::Established)
            ++counts[key.vpc];
        return true;
    });
    if (!visited)
        return visited;
    for (const auto& [vpc, entries] : counts) {
        const ::vpc_key key{.vpc = vpc};
        const ::flow_count count{.entries = entries};
        if (const int error = bpf_map_update_elem(programs.map("flow_counts"), &key, &count, BPF_ANY))
            return fail(bpf_error(error, "write table flow_counts"));
    }
    return {};
}

} // namespace vpcd
