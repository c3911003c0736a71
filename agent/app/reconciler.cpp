#include "app/reconciler.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "app/log.h"
#include "app/plan_options_of.h"
#include "base/stopwatch.h"
#include "plan/sequence.h"

namespace vpcd {

namespace {

std::set<Address> all_hosts(const Model& model)
{
    std::set<Address> addresses;
    for (const auto& [name, host] : model.all<Host>())
        addresses.insert(host.value.address);
    return addresses;
}

} // namespace

Reconciler::Reconciler(boost::asio::io_context& context, const AgentConfig& config, const Model& model,
                       HostKernel& kernel, Dataplane& dataplane, Progress& progress)
    : config_(config),
      model_(model),
      kernel_(kernel),
      dataplane_(dataplane),
      progress_(progress),
      planner_(plan_options_of(config)),
      programs_(context, config, dataplane),
      announcer_(context),
      health_(context, dataplane),
      timer_(context)
{
}

Result<void> Reconciler::adopt()
{
    auto observed = dataplane_.observe();
    if (!observed)
        return fail(observed.error());
    programs_.adopt(*observed);
    health_.adopt(observed->backends);
    planner_.adopt(std::move(*observed));
    return {};
}

// The order in which one pass changes the kernel: neighbours and devices, programs that know all the rows will need,
// tables, hooks, and last the routes that attract packets. A hook never runs before the rows it reads, except that
// programs of an earlier agent, which may not know them, go first.
void Reconciler::reconcile(const ResourceIds& touched)
{
    is_started_ = true;
    errors_.clear();
    Stopwatch watch;
    progress_.at("planning", touched.size());
    PlanChanges changes = plan(touched);
    times_.plan = watch.lap();
    const auto served = served_by_route();
    note(kernel_.apply({.peers = planner_.peers(),
                        .tunnel_device = needs_tunnel_device(),
                        .checks = namespace_of_checks(),
                        .served = served}));
    times_.kernel = watch.lap();
    if (is_table_suspect_)
        repair(changes);
    progress_.at("writing kernel tables", changes.size());
    auto lacking =
        programs_.require(planner_.tables(), wants_xdp(config_.datapath.decapsulation, planner_.attachments()));
    const bool is_attached_first = programs_.are_inherited_lacking();
    if (is_attached_first)
        attach();
    if (lacking.empty() && !programs_.are_inherited_lacking())
        write(changes);
    else
        postpone_write();
    note(std::move(lacking));
    times_.tables = watch.lap();
    if (!is_attached_first)
        attach();
    times_.hooks = watch.lap();
    check_backends();
    if (takes_external())
        note(kernel_.announce(served));
    programs_.settle(errors_.empty());
    schedule();
    progress_.end();
}

void Reconciler::write(const PlanChanges& changes)
{
    note(health_.presume(changes.backends));
    auto failures = dataplane_.apply(changes);
    times_.rows_written = changes.size();
    is_table_suspect_ = is_table_suspect_ || !failures.empty();
    announcer_.announce(changes, planner_.tables());
    note(std::move(failures));
}

// Until the programs know the rows: then everything that differs is written.
void Reconciler::postpone_write()
{
    times_.rows_written = 0;
    is_table_suspect_ = true;
}

void Reconciler::refresh()
{
    if (is_started_)
        reconcile({});
}

void Reconciler::observe(const std::set<Address>& peers)
{
    if (const auto changes = kernel_.observe(peers); !changes)
        note({changes.error()});
}

// Who the peers are is known only from the plan, and how they are reached is part of it. Of the first plan any host
// may be one: the rows of an earlier agent must not seem to differ for want of a path.
PlanChanges Reconciler::plan(const ResourceIds& touched)
{
    const auto peers_before = is_planned_ ? planner_.peers() : all_hosts(model_);
    is_planned_ = true;
    observe(peers_before);
    PlanResult first = planner_.update(model_, touched, facts());
    if (planner_.peers() == peers_before) {
        note(std::move(first.errors));
        return std::move(first.changes);
    }
    observe(planner_.peers());
    PlanResult second = planner_.facts_changed(model_, facts());
    note(std::move(second.errors));
    return sequence(first.changes, second.changes);
}

// Instead of what this pass would write: everything in which the kernel differs.
void Reconciler::repair(PlanChanges& changes)
{
    auto observed = dataplane_.observe();
    if (!observed) {
        note({observed.error()});
        return;
    }
    changes = diff(planner_.tables(), *observed);
    is_table_suspect_ = false;
}

// Nobody answers ARP for them, and no other host has the route.
std::set<Address> Reconciler::served_by_route() const
{
    std::set<Address> served;
    if (planner_.attachments().external_ifindex != 0)
        for (const auto& [key, row] : planner_.tables().publics)
            if (!(row.flags & (PUBLIC_ANNOUNCED | PUBLIC_QUIET)))
                served.insert(Address::from_abi(key.address));
    return served;
}

void Reconciler::attach()
{
    const Attachments& attachments = planner_.attachments();
    const bool is_auto = config_.datapath.decapsulation == Decapsulation::Auto;
    const unsigned underlay = attachments.underlay_ifindex;
    const auto tunnel = facts().links.find(kTunnelDevice);
    HookNeeds hook_needs{.xdp = needs_xdp(),
                         .tunnel_ifindex =
                             needs_tunnel_device() && tunnel != facts().links.end() ? tunnel->second.ifindex : 0,
                         .check_ifindex = check_ifindex(),
                         .xdp_instances = xdp_instances(config_.datapath.decapsulation, attachments, facts())};

    auto failures = dataplane_.attach(hooks_wanted(attachments, hook_needs));
    uses_xdp_ = dataplane_.is_attached({"xdp_underlay", HookSide::Xdp, underlay});
    if (hook_needs.xdp && !uses_xdp_ && is_auto && std::ranges::any_of(failures, lacks_xdp)) {
        spdlog::info("{}: the driver has no XDP, decapsulating in TC", attachments.underlay_device);
        no_xdp_.insert(underlay);
        hook_needs.xdp = false;
        hook_needs.xdp_instances.clear();
        failures = dataplane_.attach(hooks_wanted(attachments, hook_needs));
    }
    note(std::move(failures));
}

// 0 too while the plan knows only the device of an agent that has ended.
unsigned Reconciler::check_ifindex() const
{
    const auto& rows = planner_.tables().settings;
    const auto device = facts().links.find(kCheckDevice);
    const unsigned planned = rows.empty() ? 0 : rows.begin()->second.check_ifindex;
    return device != facts().links.end() && device->second.ifindex == planned ? planned : 0;
}

CheckNamespace* Reconciler::namespace_of_checks()
{
    if (planner_.checked_backends().empty())
        return nullptr;
    const auto found = health_.where();
    if (found)
        return *found;
    note({found.error()});
    return nullptr;
}

// Not before a check can get to its backend: a backend is not to be blamed for that.
void Reconciler::check_backends()
{
    const auto wanted = planner_.checked_backends();
    const unsigned ifindex = check_ifindex();
    if (wanted.empty() || (ifindex != 0 && dataplane_.is_attached({"from_checks", HookSide::Ingress, ifindex}) &&
                           are_settings_written()))
        note(health_.set(wanted, planner_.tables().backends));
}

// Whatever else could not be written.
bool Reconciler::are_settings_written() const
{
    const auto& planned = planner_.tables().settings;
    const auto written = dataplane_.read_settings();
    return written && !planned.empty() && same_bytes(SettingsRow::planned(*written), planned.begin()->second);
}

// What comes for public addresses is ours.
bool Reconciler::takes_external() const
{
    const auto& attachments = planner_.attachments();
    const char* program =
        attachments.external_ifindex == attachments.underlay_ifindex ? "tc_underlay" : "from_external";
    return dataplane_.is_attached({program, HookSide::Ingress, attachments.external_ifindex}) &&
           are_settings_written();
}

bool Reconciler::needs_xdp() const
{
    const Attachments& attachments = planner_.attachments();
    return wants_xdp(config_.datapath.decapsulation, attachments) && !no_xdp_.contains(attachments.underlay_ifindex);
}

bool Reconciler::needs_tunnel_device() const
{
    const Host* host = model_.find<Host>(config_.host);
    return host && wants_tunnel_device(planner_.attachments(), needs_xdp(), host->encapsulation);
}

// Each error is told once, and again only after it was gone.
void Reconciler::note(std::vector<Error> errors)
{
    std::vector<Error> news;
    for (auto& error : errors) {
        if (logged_.insert(error.text()).second)
            news.push_back(error);
        errors_.push_back(std::move(error));
    }
    log_errors(news);
}

void Reconciler::schedule()
{
    std::set<std::string> still_there;
    for (const auto& error : errors_)
        still_there.insert(error.text());
    logged_ = std::move(still_there);
    timer_.expires_after(pace_.after(errors_.empty()));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            refresh();
    });
}

} // namespace vpcd
