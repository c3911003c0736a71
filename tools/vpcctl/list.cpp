// vpcctl get: tables and documents.
#include <algorithm>

#include <fmt/format.h>

#include "model/render.h"
#include "vpcctl/fields.h"
#include "vpcctl/render.h"
#include "vpcctl/table.h"

namespace vpcd {

namespace json = boost::json;

namespace {

json::array items_of(const json::value& answer)
{
    if (!member_of(answer, "items").is_null())
        return array_of(answer, "items");
    return {answer};
}

// Every key that some document has, in the order in which they are written. A kind needs no code here.
std::vector<std::string> keys_of(const json::array& items)
{
    std::vector<std::string> keys;
    for (const auto& item : items) {
        const auto* resource = member_of(item, "resource").if_object();
        if (resource == nullptr)
            continue;
        auto place = keys.begin();
        for (const auto& member : *resource) {
            const std::string key{member.key()};
            if (key == "kind")
                continue;
            const auto known = std::ranges::find(keys, key);
            place = std::next(known == keys.end() ? keys.insert(place, key) : known);
        }
    }
    return keys;
}

// Of one security group or network ACL: what each rule has decided.
std::string rules_of(const json::value& answer)
{
    if (member_of(answer, "rules").is_null())
        return {};
    using Align = Table::Align;
    Table table{{{"RULE"},
                 {"DIRECTION"},
                 {"PRIORITY", Align::Right},
                 {"POLICY"},
                 {"PROTOCOL"},
                 {"PORTS"},
                 {"PEER"},
                 {"PACKETS", Align::Right},
                 {"BYTES", Align::Right}}};
    for (const auto& rule : array_of(answer, "rules"))
        table.add({text_of(rule, "rule"), text_of(rule, "direction"), text_of(rule, "priority"),
                   text_of(rule, "policy"), text_of(rule, "protocol"), text_of(rule, "ports"), text_of(rule, "peer"),
                   text_of(rule, "packets"), text_of(rule, "bytes")});
    std::string out = '\n' + table.text();
    if (const auto& unmatched = member_of(answer, "unmatched"); unmatched.is_object())
        out += fmt::format("\nmatched by no rule, in all of VPC {}: {} packets allowed, {} dropped\n",
                           text_of(unmatched, "vpc"), text_of(unmatched, "allowedPackets"),
                           text_of(unmatched, "droppedPackets"));
    if (const auto error = text_of(member_of(answer, "hits"), "error"); !error.empty())
        out += fmt::format("\nwhat rules have decided cannot be read: {}\n", error);
    return out;
}

// Of one public address: who it stands for, and what it has carried where that is known.
std::string public_of(const json::value& answer)
{
    if (text_of(answer, "standsFor").empty())
        return {};
    std::string out =
        fmt::format("\nstands for {} of VPC {}\n", text_of(answer, "standsFor"), text_of(answer, "vpc"));
    const auto& counters = member_of(answer, "counters");
    if (counters.is_null())
        return out + fmt::format("what it carries is counted on {}\n", text_of(answer, "servedBy"));
    if (const auto error = text_of(counters, "error"); !error.empty())
        return out + fmt::format("what it has carried cannot be read: {}\n", error);
    return out + fmt::format("sent {} packets ({} bytes), received {} packets ({} bytes)\n",
                             text_of(counters, "txPackets"), text_of(counters, "txBytes"),
                             text_of(counters, "rxPackets"), text_of(counters, "rxBytes"));
}

// Columns and cells of what connections have carried.
std::vector<Table::Column> with_traffic(std::vector<Table::Column> columns)
{
    for (const auto* title : {"CONNECTIONS", "TX-PACKETS", "TX-BYTES", "RX-PACKETS", "RX-BYTES"})
        columns.push_back({title, Table::Align::Right});
    return columns;
}

std::vector<std::string> with_traffic(std::vector<std::string> cells, const json::value& entry)
{
    const auto& counters = member_of(entry, "counters");
    cells.push_back(text_of(entry, "connections"));
    for (const auto* key : {"txPackets", "txBytes", "rxPackets", "rxBytes"})
        cells.push_back(text_of(counters, key));
    return cells;
}

// Of one NAT gateway: what each of its addresses carries.
std::string addresses_of(const json::value& answer)
{
    const auto& addresses = array_of(answer, "addresses");
    if (addresses.empty())
        return {};
    Table table{with_traffic({{"ADDRESS"}, {"USE"}})};
    bool is_known = true;
    for (const auto& each : addresses) {
        is_known &= !member_of(each, "counters").is_null();
        table.add(with_traffic({text_of(each, "address"), text_of(each, "use")}, each));
    }
    return '\n' + table.text() +
           (is_known ? std::string{}
                     : fmt::format("what they carry is counted on {}\n", text_of(answer, "servedBy")));
}

// Of one load balancer: what each backend has through the host that is asked.
std::string backends_of(const json::value& answer)
{
    const auto& backends = array_of(answer, "backends");
    if (backends.empty())
        return {};
    Table table{with_traffic({{"LISTENER"}, {"BACKEND"}, {"ADDRESS"}, {"HEALTH"}})};
    std::string failing;
    for (const auto& each : backends) {
        const auto& health = member_of(each, "health");
        const auto listener = fmt::format("{}/{}", text_of(each, "protocol"), text_of(each, "port"));
        table.add(with_traffic({listener, text_of(each, "interface"), text_of(each, "address"),
                                health.is_null() ? "not checked" : text_of(health, "state")},
                               each));
        const auto reason = text_of(health, "reason");
        const auto since = text_of(health, "since");
        if (!health.is_null() && (!reason.empty() || text_of(health, "state") != "alive"))
            failing += fmt::format("{} of {} is {}{}{}\n", text_of(each, "interface"), listener,
                                   text_of(health, "state"), since.empty() ? "" : " since " + since,
                                   reason.empty() ? "" : "; the last check failed: " + reason);
    }
    return '\n' + table.text() + (failing.empty() ? failing : '\n' + failing);
}

} // namespace

std::string render_list(const json::value& answer)
{
    const auto items = items_of(answer);
    if (items.empty())
        return "none\n";
    const auto keys = keys_of(items);
    const bool have_states =
        std::ranges::any_of(items, [](const json::value& item) { return !text_of(item, "state").empty(); });

    std::vector<Table::Column> columns;
    for (const auto& key : keys)
        columns.push_back({title_of(key)});
    if (have_states)
        columns.push_back({"STATE"});
    Table table{std::move(columns)};
    for (const auto& item : items) {
        std::vector<std::string> row;
        for (const auto& key : keys)
            row.push_back(text_of(member_of(item, "resource"), key));
        if (have_states)
            row.push_back(text_of(item, "state"));
        table.add(std::move(row));
    }
    return table.text() + rules_of(answer) + public_of(answer) + addresses_of(answer) + backends_of(answer);
}

std::string render_kinds(const json::value& answer)
{
    Table table{{{"KIND"}, {"COUNT", Table::Align::Right}}};
    if (const auto* kinds = member_of(answer, "kinds").if_object())
        for (const auto& kind : *kinds)
            table.add({std::string{kind.key()}, text_of(kind.value())});
    return table.text();
}

std::string render_documents(const json::value& answer)
{
    std::string out;
    for (const auto& item : items_of(answer)) {
        out += out.empty() ? "" : "---\n";
        out += "# " + text_of(item, "where") + '\n';
        out += to_yaml(member_of(item, "resource"));
    }
    return out;
}

} // namespace vpcd
