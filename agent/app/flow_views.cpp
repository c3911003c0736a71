#include "app/flow_views.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "app/rule_words.h"

namespace vpcd {

namespace {

// Decided under other settings than those of now: the next packet is decided again.
bool is_stale(const ::flow& flow, const Planner& planner)
{
    const auto generation = [&](std::uint32_t id) {
        const auto* row = find_row(planner.tables().interfaces, __u32{id});
        return id != 0 && row ? row->generation : 0;
    };
    const auto* next_hop = find_row(planner.tables().next_hops, __u32{flow.next_hop});
    return generation(flow.source_interface) != flow.source_generation ||
           generation(flow.destination_interface) != flow.destination_generation || !next_hop ||
           next_hop->serial != flow.next_hop_serial;
}

std::string entered_name(const ::flow_key& key, const Planner& planner)
{
    return (key.entry & FLOW_ENTRY_UNDERLAY) != 0 ? "underlay" : planner.interface_name(key.entry);
}

} // namespace

FlowSelection::FlowSelection(const FlowFilter& filter, const Planner& planner) : filter_(filter), planner_(planner)
{
    if (filter.address)
        address_ = filter.address->abi();
}

// `address`, `port`: another end that counts as well.
bool FlowSelection::has_ends(const ::flow_key& key, const ::address& address, __be16 port) const
{
    if (address_ && !same_bytes(*address_, key.source) && !same_bytes(*address_, key.destination) &&
        !same_bytes(*address_, address))
        return false;
    if (filter_.port && ntohs(key.source_port) != *filter_.port && ntohs(key.destination_port) != *filter_.port &&
        ntohs(port) != *filter_.port)
        return false;
    return !filter_.protocol || key.protocol == *filter_.protocol;
}

// No interface is known of them.
bool FlowSelection::selects(const ::flow_key& key, const ::translation& translation) const
{
    return !filter_.interface && has_ends(key, translation.address, translation.port) &&
           (!filter_.vpc || planner_.vpc_name(translation.vpc) == *filter_.vpc);
}

bool FlowSelection::selects(const ::flow_key& key, const ::flow& flow) const
{
    if (!has_ends(key, key.source, key.source_port))
        return false;
    if (filter_.vpc && planner_.vpc_name(key.vpc) != *filter_.vpc)
        return false;
    return !filter_.interface || entered_name(key, planner_) == *filter_.interface ||
           planner_.interface_name(flow.source_interface) == *filter_.interface ||
           planner_.interface_name(flow.destination_interface) == *filter_.interface;
}

// As bpf/lib/timeouts.h sees a pair.
std::string_view tcp_state_word(unsigned own, unsigned other, std::string_view otherwise)
{
    if (own == TCP_STATE_CLOSED || other == TCP_STATE_CLOSED || (own == TCP_STATE_CLOSING && own == other))
        return "closed";
    if (!otherwise.empty())
        return otherwise;
    return own == TCP_STATE_CLOSING || other == TCP_STATE_CLOSING ? "closing" : "established";
}

std::string_view state_of(const FlowEntry& entry)
{
    if (entry.key.protocol != IPPROTO_TCP)
        return {};
    const unsigned own = entry.flow.tcp_state, other = entry.answer ? entry.answer->tcp_state : 0u;
    if (entry.table == FlowTable::Established)
        return tcp_state_word(own, other, {});
    return tcp_state_word(own, other, (entry.flow.flags & FLOW_MIDSTREAM) != 0 ? "midstream" : "handshake");
}

FlowView to_view(const FlowEntry& entry, const Planner& planner, const KernelClock& clock)
{
    const auto& [table, key, flow, answer] = entry;
    FlowView view;
    view.vpc = planner.vpc_name(key.vpc);
    view.vni = key.vpc;
    view.source = Address::from_abi(key.source);
    view.destination = Address::from_abi(key.destination);
    view.source_port = ntohs(key.source_port);
    view.destination_port = ntohs(key.destination_port);
    view.protocol = key.protocol;
    view.entered = entered_name(key, planner);
    view.table = table == FlowTable::Established ? "established" : "pending";
    view.direction = (flow.flags & FLOW_REVERSE) != 0 ? "reverse" : "forward";
    view.state = state_of(entry);
    view.egress_rule = rule_text(planner, flow.egress_rule, "outbound");
    view.ingress_rule = rule_text(planner, flow.ingress_rule, "inbound");
    view.routed = (flow.flags & FLOW_ROUTED) != 0;
    view.decided = (flow.flags & FLOW_DECIDED) != 0;
    if (view.decided) {
        view.leads_to = planner.next_hop_name(flow.next_hop);
        view.stale = is_stale(flow, planner);
    }
    view.packets = flow.packets;
    view.bytes = flow.bytes;
    view.age_seconds = clock.seconds_since(flow.created);
    view.idle_seconds = clock.seconds_since(flow.last_seen);
    return view;
}

} // namespace vpcd
