#include "app/drop_records.h"

#include <arpa/inet.h>
#include <array>

#include "app/rule_words.h"

namespace vpcd {

namespace {

constexpr std::array kReasons{
#define X(id, name, sentence) DropReason{name, sentence},
    VPCD_DROP_REASONS(X)
#undef X
};

constexpr std::array kHooks{
#define X(id, name) std::string_view{name},
    VPCD_HOOKS(X)
#undef X
};

} // namespace

DropReason drop_reason(unsigned reason)
{
    return reason < kReasons.size() ? kReasons.at(reason) : DropReason{"unknown", "a reason of another version"};
}

DropRecord to_record(const ::drop_event& event, const Planner& planner, double now)
{
    const DropReason reason = drop_reason(event.reason);
    const Address outer = Address::from_abi(event.outer_source);

    DropRecord record;
    record.time = now;
    record.vpc = planner.vpc_name(event.flow.vpc);
    record.interface = planner.interface_name(event.interface);
    record.reason = reason.name;
    record.sentence = reason.sentence;
    record.hook = event.hook < kHooks.size() ? kHooks.at(event.hook) : "unknown";
    record.source = Address::from_abi(event.flow.source);
    record.destination = Address::from_abi(event.flow.destination);
    record.source_port = ntohs(event.flow.source_port);
    record.destination_port = ntohs(event.flow.destination_port);
    record.protocol = event.flow.protocol;
    if (!outer.is_unspecified())
        record.outer_source = outer;
    record.length = event.length;
    record.rule = rule_text(planner, event.rule, way_of_reason(event.reason));
    return record;
}

} // namespace vpcd
