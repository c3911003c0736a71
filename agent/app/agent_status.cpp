// The status among the views: the agent, its documents, underlay, peers and tables.
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "app/agent_views.h"
#include "dataplane/readings.h"

namespace vpcd {

namespace {

void add(const std::vector<Error>& errors, ErrorList& list)
{
    for (const auto& error : errors)
        list.add(error.text());
}

} // namespace

Status AgentViews::status() const
{
    Status status;
    status.version = VPCD_VERSION;
    status.host = config_.host;
    status.pid = ::getpid();
    status.uptime_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    status.documents_directory = config_.documents;
    status.files = files_;
    status.last_change = last_change_;
    add(source_errors_, status.pending_errors);
    add(documents_.pending_errors(), status.pending_errors);
    add(reconciler_.errors(), status.kernel_errors);
    if (drops_error_)
        status.kernel_errors.add(drops_error_->text());
    status.underlay = underlay();
    status.external = external();
    status.programs = reconciler_.programs().view();
    status.peers = peers();
    fill_interfaces(status);
    const auto flows = flow_counts();
    status.flows = flows.established + flows.pending;
    status.pending_flows = flows.pending;
    status.maps = maps(flows);
    return status;
}

UnderlayView AgentViews::underlay() const
{
    UnderlayView view;
    const Host* host = model().find<Host>(config_.host);
    if (!host)
        return view;
    view.device = reconciler_.planner().attachments().underlay_device;
    view.address = host->address;
    view.encapsulation = word_of(host->encapsulation);
    if (const auto link = reconciler_.facts().links.find(view.device); link != reconciler_.facts().links.end())
        view.mtu = link->second.mtu;
    view.decapsulation = word_of(Decapsulation::Tc);
    if (reconciler_.uses_xdp())
        view.decapsulation =
            word_of(config_.datapath.decapsulation == Decapsulation::XdpRedirect ? Decapsulation::XdpRedirect
                                                                                 : Decapsulation::Xdp);
    return view;
}

ExternalView AgentViews::external() const
{
    const auto& device = reconciler_.planner().attachments().external_device;
    const auto& links = reconciler_.facts().links;
    const auto link = links.find(device);
    if (device.empty())
        return {};
    if (link == links.end())
        return {.device = device, .state = "the device is not there", .mtu = 0};
    return {.device = device, .state = link->second.is_up ? "ready" : "the device is down", .mtu = link->second.mtu};
}

std::vector<PeerView> AgentViews::peers() const
{
    const auto& paths = reconciler_.facts().paths;
    const auto& wanted = reconciler_.planner().peers();
    std::map<unsigned, std::string_view> devices;
    for (const auto& [device, link] : reconciler_.facts().links)
        devices.emplace(link.ifindex, device);
    std::vector<PeerView> views;
    for (const auto* entry : model().all<Host>().sorted()) {
        const Host& host = entry->value;
        if (!wanted.contains(host.address))
            continue;
        PeerView view{.host = host.name,
                      .address = host.address,
                      .state = "unreachable",
                      .device = {},
                      .mtu = 0,
                      .encapsulation = std::string{word_of(host.encapsulation)}};
        if (const auto path = paths.find(host.address); path != paths.end()) {
            view.state = path->second.destination_mac ? "resolved" : "unresolved";
            view.mtu = path->second.mtu;
            if (const auto device = devices.find(path->second.ifindex); device != devices.end())
                view.device = device->second;
        }
        views.push_back(std::move(view));
    }
    return views;
}

// The kernel keeps no count: a million flows are a second's walk, which is spent on a small part of the time at most.
AgentViews::FlowCounts AgentViews::flow_counts() const
{
    constexpr int kIdleForWork = 20;
    const auto begin = Clock::now();
    if (begin < flows_counted_until_)
        return flows_;
    flows_ = {count_flows(dataplane_.programs(), FlowTable::Established).value_or(0),
              count_flows(dataplane_.programs(), FlowTable::Pending).value_or(0)};
    const auto end = Clock::now();
    flows_counted_until_ = end + kIdleForWork * (end - begin);
    return flows_;
}

std::vector<MapView> AgentViews::maps(const FlowCounts& flows) const
{
    std::vector<MapView> views;
    for_each_table([&](const auto& table) {
        const std::string name{table.name};
        views.push_back(
            {name, (reconciler_.planner().tables().*table.rows).size(), dataplane_.programs().max_entries(name)});
    });
    views.push_back({"flows", flows.established, dataplane_.programs().max_entries("flows")});
    views.push_back({"pending", flows.pending, dataplane_.programs().max_entries("pending")});
    return views;
}

void AgentViews::fill_interfaces(Status& status) const
{
    for (const auto& name : model().referrers<Interface>({Host::kKind, config_.host})) {
        ++status.local_interfaces;
        const auto local = reconciler_.planner().local_interface(name);
        if (local && local->is_attached())
            ++status.attached_interfaces;
        else
            status.waiting_interfaces.push_back(fmt::format("{}: {}", name, interface_state(name).state));
    }
}

} // namespace vpcd
