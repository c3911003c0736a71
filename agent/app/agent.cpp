#include "app/agent.h"

#include <csignal>
#include <filesystem>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <utility>

#include "app/drop_records.h"
#include "app/headline.h"
#include "app/log.h"
#include "app/map_sizes_of.h"
#include "app/notify.h"
#include "app/rule_hits.h"
#include "dataplane/xdp_features.h"
#include "observe/api.h"

namespace vpcd {

namespace {

constexpr std::chrono::milliseconds kSettle{20}; // after the last write of a burst
constexpr std::size_t kUsualDocument = 150;      // bytes
constexpr std::size_t kManyResources = 100'000;
constexpr Chore::Times kExpiry{std::chrono::seconds{1}, std::chrono::seconds{5}};
constexpr Chore::Times kCleaning{std::chrono::minutes{5}, std::chrono::minutes{5}};

double now()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Only one mode asks what drivers can do, and not every change of that is notified.
HostKernelOptions kernel_options(Decapsulation mode)
{
    if (mode != Decapsulation::XdpRedirect)
        return {};
    return {.inspect = [](Link& link) { link.accepts_xdp_redirect = accepts_xdp_redirect(link.ifindex); },
            .resync = std::chrono::seconds{30}};
}

} // namespace

Agent::Agent(boost::asio::io_context& context, AgentConfig config)
    : context_(context),
      config_(std::move(config)),
      documents_(config_.quotas),
      deny_log_(config_.deny_log.per_second),
      signals_(context)
{
}

Result<std::unique_ptr<Agent>> Agent::start(boost::asio::io_context& context, AgentConfig config)
{
    std::unique_ptr<Agent> agent{new Agent(context, std::move(config))};
    for (auto step :
         {&Agent::take_directories, &Agent::open_kernel, &Agent::open_source, &Agent::open_api, &Agent::begin_chores})
        if (auto done = ((*agent).*step)(); !done)
            return fail(done.error());
    agent->wait_for_signal();
    return agent;
}

Result<void> Agent::take_directories()
{
    auto locks = make_directories(config_);
    if (!locks)
        return fail(locks.error());
    locks_ = std::move(*locks);
    progress_ = std::make_unique<Progress>(std::filesystem::path{config_.runtime_directory} / kProgressName);
    return {};
}

Result<void> Agent::open_kernel()
{
    auto dataplane = Dataplane::open(config_.pin_directory, map_sizes_of(config_),
                                     {.timeouts = config_.timeouts.seconds, .denials = config_.deny_log.per_second});
    if (!dataplane)
        return fail(dataplane.error());
    dataplane_ = std::move(*dataplane);
    for (const auto& fate : dataplane_->programs().upgrade().fates()) {
        const auto level = is_loss(fate)                                          ? spdlog::level::warn
                           : fate.fate == Fate::Keep || fate.fate == Fate::Create ? spdlog::level::debug
                                                                                  : spdlog::level::info;
        spdlog::log(level, "{}", describe(fate));
    }

    auto kernel = HostKernel::open(context_, kernel_options(config_.datapath.decapsulation));
    if (!kernel)
        return fail(kernel.error());
    kernel_ = std::move(*kernel);
    reconciler_ =
        std::make_unique<Reconciler>(context_, config_, documents_.model(), *kernel_, *dataplane_, *progress_);
    views_ = std::make_unique<AgentViews>(config_, documents_, *reconciler_, *dataplane_);
    kernel_->on_change([this] {
        reconciler_->refresh();
        notify::status(headline());
    });
    return reconciler_->adopt();
}

Result<void> Agent::open_source()
{
    auto source = DirectorySource::open(context_, config_.documents, kSettle);
    if (!source)
        return fail(source.error());
    source_ = std::move(*source);
    source_->on_error([this](const std::vector<Error>& errors) { note_sources(errors); });
    if (auto files = source_->read_all())
        take(std::move(*files));
    else
        note_sources(files.error());
    source_->watch([this](DirectorySource::Files changed) { take(std::move(changed)); });
    return {};
}

Result<void> Agent::open_api()
{
    feed_ = std::make_unique<DropFeed>([this](bool on) { views_->follow_drops(on); });
    auto drops = DropReader::open(context_, dataplane_->programs().map("events"), [this](const ::drop_event& event) {
        const auto record = to_record(event, reconciler_->planner(), now());
        feed_->publish(record);
        deny_log_.take(record);
    });
    if (!drops)
        return fail(drops.error());
    drops_ = std::move(*drops);

    auto server = Server::open(context_, std::filesystem::path{config_.runtime_directory} / kSocketName,
                               make_api(*views_, *feed_));
    if (!server)
        return fail(server.error());
    server_ = std::move(*server);
    spdlog::info("host {}: ready, documents in {}, socket in {}", config_.host, config_.documents,
                 config_.runtime_directory);
    return {};
}

Result<void> Agent::begin_chores()
{
    const auto begin = [this](std::string name, Chore::Times times, std::function<Result<void>()> run) {
        chores_.push_back(std::make_unique<Chore>(context_, std::move(name), times, std::move(run)));
    };
    begin("ending idle flows", kExpiry, [this]() -> Result<void> {
        deny_log_.tell_left_out();
        const auto expired = dataplane_->expire_flows();
        return expired ? Result<void>{} : fail(expired.error());
    });
    begin("removing counters of rules that are gone", kCleaning, [this]() -> Result<void> {
        return reconciler_->is_started() ? forget_outdated_hits(dataplane_->programs(), reconciler_->planner())
                                         : Result<void>{};
    });
    return {};
}

// A change of files: taken whole, or refused with every reason.
void Agent::take(DirectorySource::Files files)
{
    for (const auto& [path, text] : files) {
        if (text)
            files_.insert(path);
        else
            files_.erase(path);
    }
    views_->note_files(files_.size());

    std::size_t bytes = 0;
    for (const auto& [path, text] : files)
        bytes += text ? text->size() : 0;
    progress_->at(fmt::format("reading and checking {} files", files.size()), bytes / kUsualDocument);
    const auto changed = documents_.update(std::move(files));
    ChangeView view;
    view.time = now();
    view.accepted = changed.has_value();
    view.steps = {{"read", documents_.read_ms()}, {"model", documents_.model_ms()}};
    changed ? apply(*changed, view) : refuse(changed.error(), view);
    views_->note_change(std::move(view));
    progress_->end();
    notify::status(headline());
}

void Agent::apply(const ResourceIds& changed, ChangeView& view)
{
    spdlog::info("documents accepted: {} resources changed", changed.size());
    refused_ = {};
    reconciler_->reconcile(changed);
    const PassTimes& times = reconciler_->times();
    view.steps.insert(
        view.steps.end(),
        {{"plan", times.plan}, {"kernel", times.kernel}, {"tables", times.tables}, {"hooks", times.hooks}});
    view.rows_written = times.rows_written;
    if (changed.size() > kManyResources)
        ::malloc_trim(0); // what held the texts is not needed again
}

void Agent::refuse(const std::vector<Error>& errors, ChangeView& view)
{
    for (const auto& error : errors)
        view.errors.add(error.text());
    if (std::exchange(refused_, view.errors) == view.errors)
        return spdlog::error("documents refused for the same reasons as before, nothing has changed");
    log_errors(errors);
    spdlog::error("documents refused, nothing has changed");
}

// All that cannot be read now; each is told once.
void Agent::note_sources(const std::vector<Error>& errors)
{
    std::vector<Error> news;
    std::set<std::string> told;
    for (const auto& error : errors) {
        if (!unreadable_.contains(error.text()))
            news.push_back(error);
        told.insert(error.text());
    }
    log_errors(news);
    if (errors.empty())
        spdlog::info("all documents can be read again");
    else if (!reconciler_->is_started())
        spdlog::error("no document is taken before all can be read; what runs goes on");
    unreadable_ = std::move(told);
    views_->note_source_errors(errors);
    notify::status(headline());
}

std::string Agent::headline() const
{
    return vpcd::headline(condition_of(config_, documents_, *reconciler_, unreadable_.size()));
}

void Agent::wait_for_signal()
{
    boost::system::error_code ignored;
    for (const int signal : {SIGHUP, SIGTERM, SIGINT})
        signals_.add(signal, ignored);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error)
            return;
        if (signal != SIGHUP) {
            notify::stopping("ending; the datapath goes on");
            spdlog::info("ending; the datapath goes on");
            context_.stop();
            return;
        }
        notify::reloading();
        reconciler_->programs().retry();
        source_->rescan([this] { notify::ready(headline()); });
        reconciler_->refresh();
        wait_for_signal();
    });
}

} // namespace vpcd
