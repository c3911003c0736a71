#include "app/progress.h"

#include <fmt/format.h>
#include <fstream>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "app/notify.h"

namespace vpcd {

namespace {

constexpr std::size_t kWorthTelling = 10'000;
constexpr std::chrono::milliseconds kLong{200};

} // namespace

Progress::Progress(std::filesystem::path file) : file_(std::move(file))
{
    std::error_code ignored;
    std::filesystem::remove(file_, ignored); // of an agent that was killed at work
}

void Progress::at(const std::string& step, std::size_t size)
{
    const auto now = Clock::now();
    if (began_ == Clock::time_point{})
        began_ = now;
    if (!is_told_ && size < kWorthTelling && now - began_ < kLong)
        return;
    notify::progress(step);
    spdlog::info("{} ({} items)", step, size);
    is_told_ = true;
    // The process tells the reader whether the line is still true.
    std::ofstream{file_, std::ios::trunc} << fmt::format("{} {} ({} items)\n", ::getpid(), step, size);
}

void Progress::end()
{
    std::error_code ignored;
    if (is_told_)
        std::filesystem::remove(file_, ignored);
    is_told_ = false;
    began_ = {};
}

} // namespace vpcd
