// What the status API shows, read from the agent's parts at the moment somebody asks.
#pragma once

#include <chrono>
#include <optional>

#include "app/flow_views.h"
#include "app/reconciler.h"
#include "config/agent_config.h"
#include "config/documents.h"
#include "dataplane/dataplane.h"
#include "observe/views.h"

namespace vpcd {

class AgentViews : public Views {
public:
    AgentViews(const AgentConfig&, const Documents&, const Reconciler&, Dataplane&);

    const Model& model() const override { return documents_.model(); }
    Quotas quotas() const override { return config_.quotas; }
    Status status() const override;
    Result<std::vector<FlowView>> flows(const FlowFilter&) const override;
    Result<std::size_t> end_flows(const FlowFilter&) const override;
    Result<std::vector<RuleHits>> rule_hits(const std::vector<RuleOrigin>&) const override;
    Result<std::pair<RuleHits, RuleHits>> unmatched_hits(const std::string& vpc) const override;
    Result<std::vector<InterfaceCounters>> interface_counters() const override;
    Result<std::optional<PublicCounters>> public_counters(const std::string& elastic) const override;
    Result<std::optional<PublicUse>> public_use(const Address&) const override;
    Result<std::vector<BackendUse>> balancer_use(const LoadBalancer&) const override;
    Result<std::vector<DropCount>> drop_counts() const override;
    Result<std::vector<DatapathCounter>> datapath_counters() const override;
    InterfaceState interface_state(std::string_view name) const override;
    bool offers_drops() const override { return config_.datapath.events; }
    Result<TraceAnswer> trace(const TraceRequest&) const override;
    void follow_drops(bool on) override;

    void note_change(ChangeView change) { last_change_ = std::move(change); }
    void note_files(std::size_t count) { files_ = count; }
    void note_source_errors(std::vector<Error> errors) { source_errors_ = std::move(errors); }

private:
    using Clock = std::chrono::steady_clock;
    struct FlowCounts {
        std::uint64_t established = 0;
        std::uint64_t pending = 0;
    };

    Result<void> add_translations(const FlowFilter&, const FlowSelection&, std::vector<FlowView>&) const;
    Result<RuleHits> hits_of(std::uint64_t rule, const std::string& vpc) const;
    UnderlayView underlay() const;
    ExternalView external() const;
    std::vector<PeerView> peers() const;
    std::vector<MapView> maps(const FlowCounts&) const;
    FlowCounts flow_counts() const;
    void fill_interfaces(Status&) const;

    const AgentConfig& config_;
    const Documents& documents_;
    const Reconciler& reconciler_;
    Dataplane& dataplane_;
    Clock::time_point started_ = Clock::now();
    mutable FlowCounts flows_;
    mutable Clock::time_point flows_counted_until_{};
    std::optional<Error> drops_error_;
    ChangeView last_change_;
    std::size_t files_ = 0;
    std::vector<Error> source_errors_;
};

} // namespace vpcd
