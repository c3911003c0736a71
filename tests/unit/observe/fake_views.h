// Views over a small fixed world: two hosts, one VPC with two subnets, a custom table, two interfaces, of which one
// is in a security group of its own and one behind a network ACL.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "observe/views.h"

class FakeViews : public vpcd::Views {
public:
    FakeViews();

    const vpcd::Model& model() const override { return model_; }
    vpcd::Quotas quotas() const override { return {}; }
    vpcd::Status status() const override;
    vpcd::Result<std::vector<vpcd::FlowView>> flows(const vpcd::FlowFilter&) const override;
    vpcd::Result<std::size_t> end_flows(const vpcd::FlowFilter&) const override;
    // Its place in the document and one more; between members 7, of 100 bytes each.
    vpcd::Result<std::vector<vpcd::RuleHits>> rule_hits(const std::vector<vpcd::RuleOrigin>&) const override;
    vpcd::Result<std::pair<vpcd::RuleHits, vpcd::RuleHits>> unmatched_hits(const std::string& vpc) const override;
    vpcd::Result<std::vector<vpcd::InterfaceCounters>> interface_counters() const override;
    vpcd::Result<std::optional<vpcd::PublicCounters>> public_counters(const std::string& elastic) const override;
    vpcd::Result<std::optional<vpcd::PublicUse>> public_use(const vpcd::Address&) const override;
    vpcd::Result<std::vector<vpcd::BackendUse>> balancer_use(const vpcd::LoadBalancer&) const override;
    vpcd::Result<std::vector<vpcd::DropCount>> drop_counts() const override;
    vpcd::Result<std::vector<vpcd::DatapathCounter>> datapath_counters() const override;
    vpcd::InterfaceState interface_state(std::string_view name) const override;
    vpcd::Result<vpcd::TraceAnswer> trace(const vpcd::TraceRequest&) const override;
    void follow_drops(bool on) override { on_follow(on); }

    void declare(vpcd::AnyResource, std::string file, unsigned line);

    mutable vpcd::FlowFilter asked; // by the last call of flows() or end_flows()
    mutable vpcd::TraceRequest asked_trace;
    bool kernel_fails = false;
    std::function<void(bool)> on_follow = [](bool) {};

private:
    vpcd::Model model_;
};

vpcd::Address ip(std::string_view text);
vpcd::DropRecord example_drop();
vpcd::TraceAnswer example_sent_trace();
vpcd::TraceAnswer example_drop_trace();
