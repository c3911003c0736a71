#include "app/chore.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "app/log.h"

namespace vpcd {

namespace {

constexpr int kPauseForWork = 20;

} // namespace

Chore::Chore(boost::asio::io_context& context, std::string name, Times times, std::function<Result<void>()> run)
    : name_(std::move(name)), times_(times), run_(std::move(run)), timer_(context)
{
    schedule(times_.first);
}

Chore::Milliseconds Chore::pause_after(Milliseconds taken, Milliseconds usual)
{
    return std::max(usual, kPauseForWork * taken);
}

void Chore::schedule(Milliseconds pause)
{
    timer_.expires_after(pause);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            run();
    });
}

// An error is told once, and again only after it was gone or another.
void Chore::run()
{
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto done = run_();
    const auto before = std::exchange(told_, done ? std::string{} : done.error().text());
    if (!done && before != told_)
        log_error(done.error());
    if (done && !before.empty())
        spdlog::info("{}: it works again", name_);
    schedule(pause_after(std::chrono::ceil<Milliseconds>(Clock::now() - begin), times_.usual));
}

} // namespace vpcd
