#include "app/agent_views.h"

#include <array>
#include <fmt/format.h>

#include "app/drop_records.h"
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
    if (!dataplane_.is_attached({"from_interface", HookSide::Ingress, local->ifindex}))
        return {std::string{name}, "error: no program on its device, see `vpcctl status`"};
    return {std::string{name}, "attached"};
}

Result<std::vector<RuleHits>> AgentViews::rule_hits(const std::vector<RuleOrigin>& rules) const
{
    std::vector<RuleHits> hits;
    for (const auto& rule : rules) {
        auto found = hits_of(rule_id(rule), rule.vpc);
        if (!found)
            return fail(found.error());
        hits.push_back(*found);
    }
    return hits;
}

Result<std::pair<RuleHits, RuleHits>> AgentViews::unmatched_hits(const std::string& vpc) const
{
    const auto allowed = hits_of(RULE_ID_OTHERWISE_ALLOW, vpc), dropped = hits_of(RULE_ID_OTHERWISE_DROP, vpc);
    if (!allowed || !dropped)
        return fail(!allowed ? allowed.error() : dropped.error());
    return std::pair{*allowed, *dropped};
}

Result<RuleHits> AgentViews::hits_of(std::uint64_t rule, const std::string& vpc) const
{
    const Vpc* declared = model().find<Vpc>(vpc);
    const auto hits = declared ? read_rule_hits(dataplane_.programs(), {.rule = rule, .vpc = declared->vni, .pad = 0})
                               : ::rule_hits{};
    if (!hits)
        return fail(hits.error());
    return RuleHits{hits->packets, hits->bytes};
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

Result<std::optional<PublicCounters>> AgentViews::public_counters(const std::string& elastic) const
{
    const auto id = reconciler_.planner().public_id(elastic);
    if (!id)
        return std::nullopt;
    const auto traffic = read_public_traffic(dataplane_.programs(), *id);
    if (!traffic)
        return fail(traffic.error());
    return PublicCounters{traffic->tx_packets, traffic->tx_bytes, traffic->rx_packets, traffic->rx_bytes};
}

Result<std::optional<PublicUse>> AgentViews::public_use(const Address& address) const
{
    const auto id = reconciler_.planner().public_id(address);
    if (!id)
        return std::nullopt;
    const auto traffic = read_public_traffic(dataplane_.programs(), *id);
    const auto connections = count_translations(dataplane_.programs(), {.address = address.abi(), .vpc = 0});
    if (!traffic || !connections)
        return fail(!traffic ? traffic.error() : connections.error());
    return PublicUse{{traffic->tx_packets, traffic->tx_bytes, traffic->rx_packets, traffic->rx_bytes}, *connections};
}

namespace {

BackendHealth health_of(const HealthReport& report)
{
    const std::chrono::duration<double> since = report.since.time_since_epoch();
    return {report.state == Health::Healthy     ? "alive"
            : report.state == Health::Unhealthy ? "dead"
                                                : "not checked yet",
            since.count(), report.reason};
}

// Of one that is to be checked, and is not yet.
BackendHealth unchecked(const HealthChecks& checks)
{
    const auto obstacle = checks.obstacle();
    return {"not checked yet", 0, obstacle ? obstacle->text() : std::string{}};
}

} // namespace

Result<std::vector<BackendUse>> AgentViews::balancer_use(const LoadBalancer& balancer) const
{
    std::vector<BackendUse> uses;
    const auto reports = reconciler_.health().reports();
    const auto checked = reconciler_.planner().checked_backends();
    const auto health = [&](std::uint32_t number) -> std::optional<BackendHealth> {
        if (const auto report = reports.find(number); report != reports.end())
            return health_of(report->second);
        return checked.contains(number) ? std::optional{unchecked(reconciler_.health())} : std::nullopt;
    };
    for (const auto& number : reconciler_.planner().backend_numbers(balancer.name)) {
        const auto traffic = read_public_traffic(dataplane_.programs(), number.id);
        const auto connections = read_backend_connections(dataplane_.programs(), number.id);
        if (!traffic || !connections)
            return fail(!traffic ? traffic.error() : connections.error());
        uses.push_back({number.protocol,
                        number.port,
                        number.address,
                        {traffic->tx_packets, traffic->tx_bytes, traffic->rx_packets, traffic->rx_bytes},
                        *connections,
                        health(number.id)});
    }
    return uses;
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
