// vpcctl trace: the way of one packet, step by step, and the verdict in the last line.
#include <algorithm>

#include <fmt/format.h>

#include "vpcctl/fields.h"
#include "vpcctl/render.h"

namespace vpcd {

namespace json = boost::json;

namespace {

// ", TTL 64", or nothing where the answer has none.
std::string more(const json::value& object, std::string_view word, std::string_view key)
{
    const std::string text = text_of(object, key);
    return text.empty() ? "" : fmt::format(", {}{}", word, text);
}

std::string macs(const json::value& object, std::string_view source, std::string_view destination)
{
    const std::string from = text_of(object, source), to = text_of(object, destination);
    return fmt::format("{} -> {}", from.empty() ? "(the device's)" : from, to.empty() ? "(not known)" : to);
}

std::string heading(const json::value& answer)
{
    const auto& packet = member_of(answer, "packet");
    const std::string owner = text_of(answer, "to");
    return fmt::format(
        "{} to {}{}, VPC {} (VNI {})\n{} {} -> {}{}{}{}{}, {} bytes{}, MAC {}\n", text_of(answer, "from"),
        text_of(packet, "destination"), owner.empty() ? "" : " (" + owner + ')', text_of(answer, "vpc"),
        text_of(answer, "vni"), text_of(packet, "protocol"), endpoint(packet, "source", "sourcePort"),
        endpoint(packet, "destination", "destinationPort"), more(packet, "echo id ", "echoId"),
        more(packet, "flags ", "flags"), more(packet, "type ", "icmpType"), more(packet, "code ", "icmpCode"),
        text_of(packet, "size"), more(packet, "TTL ", "ttl"), macs(packet, "sourceMac", "destinationMac"));
}

std::string leg(const json::value& leg)
{
    const auto& steps = array_of(leg, "steps");
    std::size_t width = 0;
    for (const auto& step : steps)
        width = std::max(width, text_of(step, "step").size());

    std::string out = fmt::format("\n{}: {}\n", text_of(leg, "hook"), text_of(leg, "packet"));
    for (const auto& step : steps)
        out += fmt::format("  {:<{}}  {}\n", text_of(step, "step"), width, text_of(step, "text"));
    if (is_set(leg, "cut"))
        out += "  ... more steps than are kept\n";
    return out;
}

std::string outer_headers(const json::value& outer)
{
    std::string out = fmt::format(
        "\nouter headers\n  {} VNI {}: {} -> {}, {} bytes{}{}{}\n  MAC {}\n", text_of(outer, "encapsulation"),
        text_of(outer, "vni"), endpoint(outer, "source", "sourcePort"),
        endpoint(outer, "destination", "destinationPort"), text_of(outer, "length"), more(outer, "TTL ", "ttl"),
        more(outer, "TOS ", "tos"), is_set(outer, "dontFragment") ? ", don't fragment" : "",
        macs(outer, "sourceMac", "destinationMac"));
    if (!text_of(outer, "innerSourceMac").empty())
        out += fmt::format("  inner MAC {}\n", macs(outer, "innerSourceMac", "innerDestinationMac"));
    return out;
}

} // namespace

std::string render_trace(const json::value& answer)
{
    std::string out = heading(answer);
    for (const auto& each : array_of(answer, "legs"))
        out += leg(each);
    if (const auto& outer = member_of(answer, "outer"); outer.is_object())
        out += outer_headers(outer);
    if (const std::string next = text_of(answer, "next"); !next.empty())
        out += fmt::format("\nwhat that host does with it, there: {}\n", next);
    return out + '\n' + text_of(answer, "verdict") + '\n';
}

} // namespace vpcd
