#include "app/host_programs.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/map_sizes_of.h"

namespace vpcd {

namespace {

constexpr std::chrono::milliseconds kSettle{200}; // documents often come in several files

} // namespace

HostPrograms::HostPrograms(boost::asio::io_context& context, const AgentConfig& config, Dataplane& dataplane)
    : config_(config),
      dataplane_(dataplane),
      compiler_(context, {.source = config.datapath.source,
                          .compiler = config.datapath.compiler,
                          .cache = config.cache_directory,
                          .sizes = map_sizes_of(config),
                          .instructions = {}}),
      settled_(context)
{
    if (const auto earlier = dataplane.read_settings())
        received_ = feature_of_encapsulation(earlier->encapsulation);
}

// The other features are no matter of rows: they are of use with hooks and settings this agent makes.
void HostPrograms::adopt(const Tables& rows)
{
    inherited_ = features_wanted(rows, {.xdp = true, .events = true, .received = received_});
}

std::vector<Error> HostPrograms::require(const Tables& rows, bool xdp)
{
    if (!is_wanted() && !dataplane_.has_inherited_programs())
        return {};
    wanted_ = features_wanted(
        rows,
        {.xdp = xdp, .events = config_.datapath.events || config_.deny_log.per_second > 0, .received = received_});
    for (const auto& [index, host] : rows.settings)
        received_ |= feature_of_encapsulation(host.encapsulation);
    required_ |= wanted_;
    if (contains(running_, required_))
        return {};

    if (build_)
        spdlog::info("programs: embedded, because those compiled here lack {}", to_string(required_ & ~running_));
    if (auto switched = dataplane_.use_embedded(); !switched)
        return {switched.error()};
    running_ = all_features();
    build_.reset();
    return {};
}

void HostPrograms::settle(bool is_clean)
{
    if (is_clean)
        required_ = wanted_;
    if (!is_wanted() || is_scheduled_ || compiler_.is_busy() || failed_ == required_ ||
        (build_ && running_ == required_))
        return;
    is_scheduled_ = true;
    settled_.expires_after(kSettle);
    settled_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            build();
    });
}

void HostPrograms::build()
{
    is_scheduled_ = false;
    tried_ = required_;
    compiler_.build(tried_, [this](Result<HostBuild> build) { take(std::move(build)); });
}

void HostPrograms::take(Result<HostBuild> build)
{
    if (!build) {
        give_up(build.error().during("compile programs for this host"));
        return settle(false); // others may be wanted meanwhile
    }
    for (const auto& warning : build->warnings)
        spdlog::warn("programs: {}", warning.text());
    if (!contains(build->features, required_))
        return settle(false); // more is needed meanwhile

    if (auto used = dataplane_.use(build->images); !used) {
        if (dataplane_.uses_embedded()) {
            build_.reset();
            running_ &= build->features; // on each hook: those of before, these or the embedded ones
        }
        give_up(used.error().during("use the programs compiled for this host"));
        return settle(false);
    }
    running_ = build->features;
    build_ = std::move(*build);
    build_->images.clear(); // the kernel has them
    warning_.clear();
    failed_.reset();
    const ProgramsView now = view();
    spdlog::info("programs: compiled on this host by {} (features: {}; {} {})", now.compiler, now.features,
                 now.is_cached ? "cached" : "compiled", now.key);
    settle(false);
}

// What runs goes on: it has all that is required, always.
void HostPrograms::give_up(const Error& error)
{
    failed_ = tried_;
    warning_ = error.text();
    spdlog::warn("programs: {}; {}", build_ ? "those compiled before" : "embedded", warning_);
}

ProgramsView HostPrograms::view() const
{
    ProgramsView view;
    view.warning = warning_;
    view.is_compiling = compiler_.is_busy();
    if (!build_)
        return view;
    view.build = "host";
    view.compiler = fmt::format("{}, {}", build_->compiler, build_->instructions);
    view.features = to_string(build_->features);
    view.key = build_->key;
    view.is_cached = build_->is_cached;
    return view;
}

} // namespace vpcd
