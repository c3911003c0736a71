#include "outcome.h"

#include <catch2/catch_test_macros.hpp>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

namespace vpcd::test {
namespace {

Verdict::Action meaning(std::uint32_t action, bool xdp)
{
    using enum Verdict::Action;
    if (xdp)
        return action == XDP_REDIRECT ? kRedirected : action == XDP_PASS ? kPassed : kDropped;
    if (action == TC_ACT_REDIRECT)
        return kRedirected;
    return action == static_cast<std::uint32_t>(TC_ACT_UNSPEC) ? kPassed : kDropped;
}

void forget(Datapath& datapath)
{
    const Bytes zero(256 * sizeof(interface_counters));
    for (const auto& key : datapath.keys<drop_key>("drops"))
        datapath.erase("drops", key);
    for (std::uint32_t i = 0; i < COUNTER_COUNT; i++)
        datapath.put("counters", i, zero[0]);
    for (std::uint32_t i = 0; i < kDevices; i++)
        datapath.put("traffic", i, zero[0]);
}

} // namespace

const char* name(drop_reason reason)
{
    switch (reason) {
#define X(id, text, sentence)                                                                                        \
    case DROP_##id:                                                                                                  \
        return text;
        VPCD_DROP_REASONS(X)
#undef X
    default:
        return "?";
    }
}

std::ostream& operator<<(std::ostream& out, const Verdict& verdict)
{
    static constexpr const char* kActions[] = {"dropped", "redirected", "passed"};
    return out << kActions[static_cast<int>(verdict.action)] << " (" << name(verdict.reason) << ")";
}

Outcome measure(Datapath& datapath, bool xdp, const std::function<RunResult()>& run)
{
    forget(datapath);
    const auto result = run();

    Outcome out;
    out.bytes = result.bytes;
    out.metadata = result.metadata;
    out.mark = result.mark;
    out.verdict.action = meaning(result.action, xdp);
    const auto drops = datapath.keys<drop_key>("drops");
    CAPTURE(drops.size(), result.action, hex(result.bytes));
    REQUIRE(drops.size() <= 1);
    if (!drops.empty()) {
        const auto counted = datapath.sum<drop_key, drop_count>("drops", drops[0]);
        REQUIRE(counted.packets == 1);
        out.drop = drops[0];
        out.dropped_bytes = counted.bytes;
        out.verdict.reason = static_cast<drop_reason>(drops[0].reason);
    }
    // Nothing disappears uncounted, and what is left to others is no drop.
    REQUIRE((out.verdict.action != Verdict::Action::kDropped || out.drop));
    REQUIRE((out.verdict.action != Verdict::Action::kPassed || !out.drop));
    for (std::uint32_t i = 0; i < COUNTER_COUNT; i++)
        out.counters[i] = datapath.sum<std::uint32_t, std::uint64_t>("counters", i);
    for (std::uint32_t i = 0; i < kDevices; i++)
        out.traffic[i] = datapath.sum<std::uint32_t, interface_counters>("traffic", i);
    return out;
}

} // namespace vpcd::test
