#include "app/agent_views.h"

#include <array>
#include <fmt/format.h>

#include "app/drop_records.h"
#include "app/flow_views.h"
#include "app/log.h"
#include "app/tracer.h"
#include "dataplane/readings.h"

namespace vpcd {

namespace {

struct CounterName {
    std::string_view name;
    std::string_view sentence;
};

constexpr std::array kCounters{
#define X(id, name, sentence) CounterName{name, sentence},
    VPCD_COUNTERS(X)
#undef X
};

} // namespace

AgentViews::AgentViews(const AgentConfig& config, const Documents& documents, const Reconciler& reconciler,
                       Dataplane& dataplane)
    : config_(config), documents_(documents), reconciler_(reconciler), dataplane_(dataplane)
{
}

InterfaceState AgentViews::interface_state(std::string_view name) const
{
    const Interface* interface = model().find<Interface>(name);
    if (!interface)
        return {std::string{name}, "not declared"};
    if (interface->host.empty())
        return {std::string{name}, "placed nowhere"};
    if (interface->host != config_.host)
        return {std::string{name}, fmt::format("on host {}", interface->host)};
    const auto local = reconciler_.planner().local_interface(std::string{name});
    if (!local || !local->is_attached())
        return {std::string{name}, fmt::format("waiting for device {}", interface->device)};
    if (!dataplane_.is_attached({"from_interface", Direction::Ingress, local->ifindex}))
        return {std::string{name}, "error: no program on its device, see `vpcctl status`"};
    return {std::string{name}, "attached"};
}

Result<std::vector<FlowView>> AgentViews::flows(const FlowFilter& filter) const
{
    if (auto updated = dataplane_.clock().update(); !updated)
        return fail(updated.error());
    const Planner& planner = reconciler_.planner();
    const FlowSelection selection{filter, planner};
    std::vector<FlowView> views;

    auto visited = visit_flows(dataplane_.programs(), [&](const ::flow_key& key, const ::flow& flow) {
        if (selection.selects(key, flow))
            views.push_back(to_view(key, flow, planner, dataplane_.clock()));
        return views.size() < filter.limit;
    });
    if (!visited)
        return fail(visited.error());
    return views;
}

Result<std::vector<InterfaceCounters>> AgentViews::interface_counters() const
{
    std::vector<InterfaceCounters> counters;
    for (const auto& name : model().referrers<Interface>({Host::kKind, config_.host})) {
        const auto local = reconciler_.planner().local_interface(name);
        if (!local)
            continue;
        auto traffic = read_traffic(dataplane_.programs(), local->id);
        if (!traffic)
            return fail(traffic.error());
        counters.push_back(
            {name, local->vpc, traffic->tx_packets, traffic->tx_bytes, traffic->rx_packets, traffic->rx_bytes});
    }
    return counters;
}

Result<std::vector<DropCount>> AgentViews::drop_counts() const
{
    auto drops = read_drops(dataplane_.programs());
    if (!drops)
        return fail(drops.error());
    std::vector<DropCount> counts;
    for (const auto& [key, count] : *drops) {
        const DropReason reason = drop_reason(key.reason);
        counts.push_back({reconciler_.planner().vpc_name(key.vpc),
                          reconciler_.planner().interface_name(key.interface), std::string{reason.name},
                          std::string{reason.sentence}, count.packets, count.bytes});
    }
    return counts;
}

Result<std::vector<DatapathCounter>> AgentViews::datapath_counters() const
{
    auto values = read_counters(dataplane_.programs());
    if (!values)
        return fail(values.error());
    std::vector<DatapathCounter> counters;
    for (std::size_t i = 0; i < values->size(); ++i)
        counters.push_back({std::string{kCounters.at(i).name}, std::string{kCounters.at(i).sentence}, values->at(i)});
    return counters;
}

Result<TraceAnswer> AgentViews::trace(const TraceRequest& request) const
{
    return Tracer{config_, model(), reconciler_, dataplane_}.trace(request);
}

void AgentViews::follow_drops(bool on)
{
    // A failure leaves the stream silent; the counters still tell, and the agent's errors say why.
    drops_error_.reset();
    if (auto done = dataplane_.produce_events(on); !done) {
        drops_error_ = done.error().during(on ? "tell each drop" : "tell drops no more");
        log_error(*drops_error_);
    }
}

} // namespace vpcd
