// JSON of the API's values.
#include "observe/json.h"

#include "observe/words.h"

namespace vpcd {

namespace json = boost::json;

namespace {

json::array texts(const std::vector<std::string>& values)
{
    json::array array;
    for (const std::string& value : values)
        array.emplace_back(value);
    return array;
}

void add_errors(json::object& object, const std::string& key, const ErrorList& errors)
{
    object[key + 's'] = texts(errors.first);
    object[key + "Count"] = errors.count;
}

void add_text(json::object& object, std::string_view key, const std::string& text)
{
    if (!text.empty())
        object[key] = text;
}

// Ports mean nothing where the protocol has none.
void add_ports(json::object& object, unsigned source, unsigned destination)
{
    if (source == 0 && destination == 0)
        return;
    object["sourcePort"] = source;
    object["destinationPort"] = destination;
}

} // namespace

json::value to_json(const FlowView& flow)
{
    json::object object;
    add_text(object, "vpc", flow.vpc);
    object["vni"] = flow.vni;
    object["protocol"] = protocol_name(flow.protocol);
    object["source"] = to_string(flow.source);
    object["destination"] = to_string(flow.destination);
    add_ports(object, flow.source_port, flow.destination_port);
    object["table"] = flow.table;
    object["direction"] = flow.direction;
    add_text(object, "state", flow.state);
    object["entered"] = flow.entered;
    add_text(object, "leadsTo", flow.leads_to);
    if (flow.becomes)
        object[flow.becomes->is_source ? "sourceBecomes" : "destinationBecomes"] = {
            {"address", to_string(flow.becomes->address)}, {"port", flow.becomes->port}};
    add_text(object, "egressRule", flow.egress_rule);
    add_text(object, "ingressRule", flow.ingress_rule);
    object["routed"] = flow.routed;
    object["decided"] = flow.decided;
    object["stale"] = flow.stale;
    object["packets"] = flow.packets;
    object["bytes"] = flow.bytes;
    object["ageSeconds"] = flow.age_seconds;
    object["idleSeconds"] = flow.idle_seconds;
    return object;
}

json::value to_json(const InterfaceCounters& counters)
{
    return {{"interface", counters.interface},  {"vpc", counters.vpc},
            {"txPackets", counters.tx_packets}, {"txBytes", counters.tx_bytes},
            {"rxPackets", counters.rx_packets}, {"rxBytes", counters.rx_bytes}};
}

json::value to_json(const PublicCounters& counters)
{
    return {{"txPackets", counters.tx_packets},
            {"txBytes", counters.tx_bytes},
            {"rxPackets", counters.rx_packets},
            {"rxBytes", counters.rx_bytes}};
}

json::value to_json(const DropCount& drop)
{
    json::object object;
    add_text(object, "vpc", drop.vpc);
    add_text(object, "interface", drop.interface);
    object["reason"] = drop.reason;
    object["sentence"] = drop.sentence;
    object["packets"] = drop.packets;
    object["bytes"] = drop.bytes;
    return object;
}

json::value to_json(const DatapathCounter& counter)
{
    return {{"name", counter.name}, {"value", counter.value}, {"sentence", counter.sentence}};
}

json::value to_json(const DropRecord& record)
{
    json::object object{{"time", to_rfc3339(record.time)}};
    add_text(object, "vpc", record.vpc);
    add_text(object, "interface", record.interface);
    object["reason"] = record.reason;
    object["sentence"] = record.sentence;
    object["hook"] = record.hook;
    // A packet that was not parsed so far has no addresses.
    if (!record.source.is_unspecified() || !record.destination.is_unspecified()) {
        object["protocol"] = protocol_name(record.protocol);
        object["source"] = to_string(record.source);
        object["destination"] = to_string(record.destination);
        add_ports(object, record.source_port, record.destination_port);
    }
    if (record.outer_source)
        object["outerSource"] = to_string(*record.outer_source);
    object["length"] = record.length;
    add_text(object, "rule", record.rule);
    return object;
}

json::value to_json(const PeerView& peer)
{
    json::object object{{"host", peer.host}, {"address", to_string(peer.address)}, {"state", peer.state}};
    add_text(object, "device", peer.device);
    add_text(object, "encapsulation", peer.encapsulation);
    if (peer.mtu != 0)
        object["mtu"] = peer.mtu;
    return object;
}

json::value to_json(const MapView& map)
{
    return {{"name", map.name}, {"entries", map.entries}, {"max", map.max}};
}

json::value to_json(const ChangeView& change)
{
    json::object object;
    if (change.time > 0)
        object["time"] = to_rfc3339(change.time);
    for (const auto& [step, milliseconds] : change.steps)
        object[std::string{step} + "Ms"] = milliseconds;
    if (!change.steps.empty())
        object["rowsWritten"] = change.rows_written;
    object["accepted"] = change.accepted;
    add_errors(object, "error", change.errors);
    return object;
}

json::value to_json(const ProgramsView& programs)
{
    json::object object;
    object["build"] = programs.build;
    object["compiling"] = programs.is_compiling;
    add_text(object, "compiler", programs.compiler);
    add_text(object, "features", programs.features);
    add_text(object, "key", programs.key);
    if (!programs.key.empty())
        object["cached"] = programs.is_cached;
    add_text(object, "warning", programs.warning);
    return object;
}

json::value to_json(const UnderlayView& underlay)
{
    json::object object;
    add_text(object, "device", underlay.device);
    if (!underlay.address.is_unspecified())
        object["address"] = to_string(underlay.address);
    if (underlay.mtu != 0)
        object["mtu"] = underlay.mtu;
    add_text(object, "encapsulation", underlay.encapsulation);
    add_text(object, "decapsulation", underlay.decapsulation);
    return object;
}

json::value to_json(const Status& status, json::object resources)
{
    json::object object;
    object["version"] = status.version;
    object["host"] = status.host;
    object["pid"] = status.pid;
    object["uptimeSeconds"] = status.uptime_seconds;
    object["documents"] = {{"directory", status.documents_directory}, {"files", status.files}};
    object["resources"] = std::move(resources);
    object["lastChange"] = to_json(status.last_change);
    add_errors(object, "pendingError", status.pending_errors);
    add_errors(object, "kernelError", status.kernel_errors);
    object["underlay"] = to_json(status.underlay);
    if (!status.external.device.empty())
        object["external"] = {
            {"device", status.external.device}, {"state", status.external.state}, {"mtu", status.external.mtu}};
    object["programs"] = to_json(status.programs);
    object["peers"] = to_json_array(status.peers);
    object["interfaces"] = {{"local", status.local_interfaces},
                            {"attached", status.attached_interfaces},
                            {"waiting", texts(status.waiting_interfaces)}};
    object["flows"] = status.flows;
    object["pendingFlows"] = status.pending_flows;
    object["maps"] = to_json_array(status.maps);
    return object;
}

json::value to_json(const EffectiveRoute& route)
{
    json::object object;
    object["destination"] = to_string(route.destination);
    object["type"] = route.type == EffectiveRoute::Type::System ? "system" : "custom";
    object["leadsTo"] = name_of(route.kind);
    add_text(object, "target", route.target);
    return object;
}

} // namespace vpcd
