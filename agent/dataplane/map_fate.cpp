#include "dataplane/map_fate.h"

#include <fmt/format.h>

#include "dataplane/table_owner.h"

namespace vpcd {

namespace {

// What the loss of the entries means.
std::string consequence(const MapFate& fate)
{
    if (is_written_by_plan(fate.name))
        return "it is written again from the documents";
    if (fate.name == "flows" || fate.name == "pending")
        return "open connections are decided anew, each with its next packet; those the documents allow go on";
    if (fate.name == "translations")
        return "most connections through NAT gateways get the ports they had; the others break";
    if (fate.name == "backend_states")
        return "backends are checked anew";
    if (fate.name == "flow_counts" || fate.name == "translation_counts" || fate.name == "backend_connections")
        return "it is counted anew";
    if (fate.name == "midstream_until")
        return "TCP connections that are not known are no longer taken up after a move";
    if (fate.name == "fragments")
        return "fragments under way are dropped";
    if (fate.name == "events")
        return "drop events nobody has read yet are lost";
    return "its counts start from zero";
}

} // namespace

bool is_loss(const MapFate& fate)
{
    return fate.fate == Fate::Renew && fate.entries > 0 && !is_written_by_plan(fate.name);
}

std::string describe(const MapFate& fate)
{
    const auto entries = fmt::format("{} {}", fate.entries, fate.entries == 1 ? "entry" : "entries");
    switch (fate.fate) {
    case Fate::Keep:
        return fmt::format("table {}: kept as it is", fate.name);
    case Fate::Create:
        return fmt::format("table {}: new", fate.name);
    case Fate::Migrate:
        return fmt::format("table {}: {} carried over ({})", fate.name, entries, fate.reason);
    case Fate::Renew:
        return fmt::format("table {}: {} not carried over ({}); {}", fate.name, entries, fate.reason,
                           consequence(fate));
    case Fate::Drop:
        return fmt::format("table {}: this version has none, {} given up", fate.name, entries);
    }
    return {};
}

} // namespace vpcd
