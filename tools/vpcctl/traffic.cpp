// vpcctl flows, counters, drops.
#include <fmt/format.h>

#include "vpcctl/fields.h"
#include "vpcctl/render.h"
#include "vpcctl/table.h"

namespace vpcd {

namespace json = boost::json;
using Align = Table::Align;

namespace {

std::string vpc_of(const json::value& flow)
{
    const std::string name = text_of(flow, "vpc");
    return name.empty() ? "vni " + text_of(flow, "vni") : name;
}

std::string state_of(const json::value& flow)
{
    const std::string state = text_of(flow, "state");
    return state.empty() ? text_of(flow, "table") : state;
}

// What let the connection out and in, as far as this host was asked.
std::string rules_of(const json::value& flow)
{
    const std::string out = text_of(flow, "egressRule"), in = text_of(flow, "ingressRule");
    return out + (out.empty() || in.empty() ? "" : "; ") + in;
}

std::string leads_to(const json::value& flow)
{
    if (const auto& source = member_of(flow, "sourceBecomes"); !source.is_null())
        return "from " + endpoint(source, "address", "port");
    if (const auto& destination = member_of(flow, "destinationBecomes"); !destination.is_null())
        return "to " + endpoint(destination, "address", "port");
    if (is_set(flow, "stale"))
        return text_of(flow, "leadsTo") + " (to be decided again)";
    return is_set(flow, "decided") ? text_of(flow, "leadsTo") : "(not decided)";
}

} // namespace

std::string render_flows(const json::value& answer)
{
    const auto& flows = array_of(answer, "flows");
    if (flows.empty())
        return "no flows\n";
    Table table{{{"VPC"},
                 {"PROTO"},
                 {"SOURCE"},
                 {"DESTINATION"},
                 {"DIRECTION"},
                 {"STATE"},
                 {"PACKETS", Align::Right},
                 {"BYTES", Align::Right},
                 {"AGE", Align::Right},
                 {"IDLE", Align::Right},
                 {"LEADS-TO"},
                 {"ALLOWED-BY"}}};
    for (const auto& flow : flows)
        table.add({vpc_of(flow), text_of(flow, "protocol"), endpoint(flow, "source", "sourcePort"),
                   endpoint(flow, "destination", "destinationPort"), text_of(flow, "direction"), state_of(flow),
                   text_of(flow, "packets"), human_bytes(static_cast<std::uint64_t>(number_of(flow, "bytes"))),
                   human_seconds(number_of(flow, "ageSeconds")), human_seconds(number_of(flow, "idleSeconds")),
                   leads_to(flow), rules_of(flow)});
    std::string out = table.text();
    if (static_cast<double>(flows.size()) >= number_of(answer, "limit"))
        out += fmt::format("(the first {}; --limit shows more)\n", flows.size());
    return out;
}

std::string render_ended(const json::value& answer)
{
    const std::string count = text_of(answer, "ended");
    return fmt::format("{} {} ended\n", count, count == "1" ? "connection" : "connections");
}

std::string render_counters(const json::value& answer, bool all)
{
    std::string out;
    Table interfaces{{{"INTERFACE"},
                      {"VPC"},
                      {"TX-PACKETS", Align::Right},
                      {"TX-BYTES", Align::Right},
                      {"RX-PACKETS", Align::Right},
                      {"RX-BYTES", Align::Right}}};
    for (const auto& each : array_of(answer, "interfaces"))
        interfaces.add({text_of(each, "interface"), text_of(each, "vpc"), text_of(each, "txPackets"),
                        text_of(each, "txBytes"), text_of(each, "rxPackets"), text_of(each, "rxBytes")});
    out += interfaces.empty() ? "no interfaces on this host\n" : interfaces.text();

    Table datapath{{{"COUNTER"}, {"VALUE", Align::Right}, {"MEANING"}}};
    for (const auto& each : array_of(answer, "datapath"))
        if (all || number_of(each, "value") > 0)
            datapath.add({text_of(each, "name"), text_of(each, "value"), text_of(each, "sentence")});
    if (!datapath.empty())
        out += '\n' + datapath.text();
    return out;
}

std::string render_drops(const json::value& answer)
{
    Table table{
        {{"VPC"}, {"INTERFACE"}, {"REASON"}, {"PACKETS", Align::Right}, {"BYTES", Align::Right}, {"MEANING"}}};
    for (const auto& drop : array_of(answer, "drops"))
        table.add({text_of(drop, "vpc"), text_of(drop, "interface"), text_of(drop, "reason"),
                   text_of(drop, "packets"), text_of(drop, "bytes"), text_of(drop, "sentence")});
    return table.empty() ? "nothing was dropped\n" : table.text();
}

std::string render_drop(const json::value& record)
{
    if (const auto lost = text_of(record, "lost"); !lost.empty())
        return fmt::format("... {} more came faster than they could be shown\n", lost);
    std::string out = fmt::format("{} {}", text_of(record, "time"), text_of(record, "reason"));
    for (const auto& [key, word] : {std::pair{"vpc", "vpc"}, {"interface", "interface"}, {"hook", "at"}})
        if (const auto text = text_of(record, key); !text.empty())
            out += fmt::format(" {} {}", word, text);
    if (const auto protocol = text_of(record, "protocol"); !protocol.empty())
        out += fmt::format(" {} {} -> {}", protocol, endpoint(record, "source", "sourcePort"),
                           endpoint(record, "destination", "destinationPort"));
    if (const auto outer = text_of(record, "outerSource"); !outer.empty())
        out += " from host " + outer;
    const auto rule = text_of(record, "rule");
    return out + fmt::format(" {} bytes: {}{}{}\n", text_of(record, "length"), text_of(record, "sentence"),
                             rule.empty() ? "" : "; ", rule);
}

} // namespace vpcd
