// JSON of a traced packet's way.
#include <netinet/in.h>

#include "observe/json.h"
#include "observe/words.h"

namespace vpcd {

namespace json = boost::json;

namespace {

std::string_view name_of(TraceOutcome outcome)
{
    switch (outcome) {
    case TraceOutcome::Delivered:
        return "delivered";
    case TraceOutcome::Sent:
        return "sent";
    case TraceOutcome::Answered:
        return "answered";
    case TraceOutcome::Dropped:
        return "dropped";
    case TraceOutcome::LeftToHost:
        return "left-to-host";
    }
    return "unknown";
}

// What has no ports has zeroes.
void add_ports(json::object& object, unsigned source, unsigned destination)
{
    if (source != 0)
        object["sourcePort"] = source;
    if (destination != 0)
        object["destinationPort"] = destination;
}

json::object to_object(const TracedPacket& packet)
{
    json::object object{{"protocol", protocol_name(packet.protocol)},
                        {"source", to_string(packet.source)},
                        {"destination", to_string(packet.destination)}};
    if (packet.protocol != IPPROTO_ICMP)
        add_ports(object, packet.source_port, packet.destination_port);
    else if (has_icmp_id(packet.icmp_type))
        object["echoId"] = packet.source_port;
    if (packet.protocol == IPPROTO_TCP && packet.tcp_flags != TracedPacket::kSyn)
        object["flags"] = tcp_flag_names(packet.tcp_flags);
    if (packet.protocol == IPPROTO_ICMP && packet.icmp_type != TracedPacket::kEcho) {
        object["icmpType"] = packet.icmp_type;
        object["icmpCode"] = packet.icmp_code;
    }
    object["size"] = packet.size;
    object["ttl"] = packet.ttl;
    object["sourceMac"] = to_string(packet.source_mac);
    if (!packet.destination_mac.is_zero())
        object["destinationMac"] = to_string(packet.destination_mac);
    return object;
}

json::object to_object(const OuterHeaders& outer)
{
    json::object object{{"encapsulation", outer.encapsulation},
                        {"vni", outer.vni},
                        {"source", to_string(outer.source)},
                        {"destination", to_string(outer.destination)}};
    add_ports(object, outer.source_port, outer.destination_port);
    object["length"] = outer.length;
    object["ttl"] = outer.ttl;
    object["tos"] = outer.tos;
    object["dontFragment"] = outer.dont_fragment;
    if (!outer.source_mac.is_zero())
        object["sourceMac"] = to_string(outer.source_mac);
    if (!outer.destination_mac.is_zero())
        object["destinationMac"] = to_string(outer.destination_mac);
    if (outer.inner_source_mac && outer.inner_destination_mac) {
        object["innerSourceMac"] = to_string(*outer.inner_source_mac);
        object["innerDestinationMac"] = to_string(*outer.inner_destination_mac);
    }
    return object;
}

json::object to_object(const TraceLeg& leg)
{
    json::object object{{"hook", leg.hook}, {"packet", leg.packet}};
    json::array& steps = object["steps"].emplace_array();
    for (const auto& step : leg.steps) {
        json::object values;
        for (const auto& [label, value] : step.values)
            values[label] = value;
        steps.push_back({{"step", step.step}, {"text", step.text}, {"values", std::move(values)}});
    }
    if (leg.is_cut)
        object["cut"] = true;
    return object;
}

} // namespace

json::value to_json(const TraceAnswer& answer)
{
    json::object object{{"host", answer.host}, {"vpc", answer.vpc}, {"vni", answer.vni}, {"from", answer.from}};
    if (!answer.to.empty())
        object["to"] = answer.to;
    object["packet"] = to_object(answer.packet);
    json::array& legs = object["legs"].emplace_array();
    for (const auto& leg : answer.legs)
        legs.push_back(to_object(leg));
    if (answer.outer)
        object["outer"] = to_object(*answer.outer);
    object["outcome"] = name_of(answer.outcome);
    object["arrives"] = arrives(answer);
    if (!answer.reason.empty())
        object["reason"] = answer.reason;
    if (!answer.rule.empty())
        object["rule"] = answer.rule;
    object["verdict"] = answer.verdict;
    if (!answer.next.empty())
        object["next"] = answer.next;
    return object;
}

} // namespace vpcd
