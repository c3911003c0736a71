// vpcctl status: is the agent well, is what is written in force, who can be reached.
#include <fmt/format.h>

#include "vpcctl/fields.h"
#include "vpcctl/render.h"
#include "vpcctl/table.h"

namespace vpcd {

namespace json = boost::json;

namespace {

std::string list(std::string_view heading, const json::array& lines)
{
    if (lines.empty())
        return {};
    std::string out = fmt::format("{}:\n", heading);
    for (const auto& line : lines)
        out += "  " + text_of(line) + '\n';
    return out;
}

// `key`: "pendingError". The agent sends the first, and how many there are.
std::string errors(std::string_view heading, const json::value& object, const std::string& key)
{
    const auto& first = array_of(object, key + 's');
    std::string out = list(heading, first);
    if (const double count = number_of(object, key + "Count"); count > static_cast<double>(first.size()))
        out += fmt::format("  ... and {} more\n", static_cast<std::size_t>(count) - first.size());
    return out;
}

std::string counts(const json::value& resources)
{
    std::string out;
    if (const auto* object = resources.if_object())
        for (const auto& kind : *object)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", text_of(kind.value()), std::string{kind.key()});
    return out;
}

std::string last_change(const json::value& change)
{
    const std::string time = text_of(change, "time");
    if (time.empty())
        return "none yet";
    return time + (is_set(change, "accepted") ? ", accepted" : ", refused");
}

std::string underlay(const json::value& value)
{
    return fmt::format("{} on {}, MTU {}, receives {}, decapsulates in {}", text_of(value, "address"),
                       text_of(value, "device"), text_of(value, "mtu"), text_of(value, "encapsulation"),
                       text_of(value, "decapsulation"));
}

std::string programs(const json::value& value)
{
    std::string out = text_of(value, "build");
    if (const std::string compiler = text_of(value, "compiler"); !compiler.empty())
        out = fmt::format("compiled on this host by {} (features: {}; {} {})", compiler, text_of(value, "features"),
                          is_set(value, "cached") ? "cached" : "compiled", text_of(value, "key").substr(0, 12));
    if (is_set(value, "compiling"))
        out += ", compiling for this host";
    if (const std::string warning = text_of(value, "warning"); !warning.empty())
        out += "; " + warning;
    return out;
}

std::string peers(const json::array& rows)
{
    if (rows.empty())
        return {};
    Table table{{{"HOST"}, {"ADDRESS"}, {"STATE"}, {"DEVICE"}, {"MTU", Table::Align::Right}, {"ENCAPSULATION"}}};
    for (const auto& peer : rows)
        table.add({text_of(peer, "host"), text_of(peer, "address"), text_of(peer, "state"), text_of(peer, "device"),
                   text_of(peer, "mtu"), text_of(peer, "encapsulation")});
    return "Peers:\n" + table.text(2);
}

std::string maps(const json::array& rows)
{
    if (rows.empty())
        return {};
    Table table{{{"MAP"}, {"ENTRIES", Table::Align::Right}, {"MAX", Table::Align::Right}}};
    for (const auto& map : rows)
        table.add({text_of(map, "name"), text_of(map, "entries"), text_of(map, "max")});
    return "Maps:\n" + table.text(2);
}

} // namespace

std::string render_status(const json::value& status)
{
    const auto& documents = member_of(status, "documents");
    const auto& interfaces = member_of(status, "interfaces");
    std::string out;
    const auto line = [&](std::string_view label, const std::string& text) {
        out += fmt::format("{:<13}{}\n", label, text);
    };
    line("Host:", text_of(status, "host"));
    line("Agent:", fmt::format("vpcd {}, pid {}, up {}", text_of(status, "version"), text_of(status, "pid"),
                               human_seconds(number_of(status, "uptimeSeconds"))));
    line("Documents:", fmt::format("{} ({} files)", text_of(documents, "directory"), text_of(documents, "files")));
    line("Resources:", counts(member_of(status, "resources")));
    line("Last change:", last_change(member_of(status, "lastChange")));
    line("Underlay:", underlay(member_of(status, "underlay")));
    if (const auto& external = member_of(status, "external"); !external.is_null())
        line("External:", fmt::format("{}, MTU {}, {}", text_of(external, "device"), text_of(external, "mtu"),
                                      text_of(external, "state")));
    line("Programs:", programs(member_of(status, "programs")));
    line("Interfaces:",
         fmt::format("{} here, {} attached", text_of(interfaces, "local"), text_of(interfaces, "attached")));
    line("Flows:", fmt::format("{}, {} of them pending", text_of(status, "flows"), text_of(status, "pendingFlows")));

    const std::string pending =
        errors("Documents refused; what was in force before still is", status, "pendingError");
    out += pending.empty() ? errors("Errors of the last change", member_of(status, "lastChange"), "error") : pending;
    out += errors("Being retried", status, "kernelError");
    out += list("Waiting", array_of(interfaces, "waiting"));
    return out + peers(array_of(status, "peers")) + maps(array_of(status, "maps"));
}

} // namespace vpcd
