#include "app/rule_words.h"

#include <array>
#include <fmt/format.h>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/policy.h>

#include "plan/rule_origin.h"

namespace vpcd {

namespace {

constexpr std::string_view kInbound = "inbound";
constexpr std::string_view kOutbound = "outbound";

constexpr std::array kStages{
#define X(id, sentence) std::string_view{sentence},
    VPCD_POLICY_STAGES(X)
#undef X
};

} // namespace

std::string rule_text(const Planner& planner, std::uint64_t rule, std::string_view way)
{
    switch (rule) {
    case RULE_ID_NONE:
        return {};
    case RULE_ID_OTHERWISE_ALLOW:
        return fmt::format("no rule matched: {} is allowed", way);
    case RULE_ID_OTHERWISE_DROP:
        return fmt::format("no rule matched: {} is dropped", way);
    case RULE_ID_MISSING:
        return "the rules are not in the kernel's tables, see `vpcctl status`";
    default:
        break;
    }
    if (const auto origin = planner.rule_origin(rule))
        return to_string(*origin);
    return fmt::format("a rule that is no longer there ({:016x})", rule);
}

std::string_view way_of_stage(unsigned stage)
{
    return stage == POLICY_STAGE_GROUP_OUT || stage == POLICY_STAGE_ACL_OUT ? kOutbound : kInbound;
}

std::string_view way_of_reason(unsigned reason)
{
    return reason == DROP_GROUP_OUT || reason == DROP_ACL_OUT ? kOutbound : kInbound;
}

std::string_view stage_sentence(unsigned stage)
{
    return stage < kStages.size() ? kStages.at(stage) : "a stage of another version";
}

} // namespace vpcd
