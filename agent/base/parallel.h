// Independent work on several processors.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace vpcd {

// Calls work(0) to work(jobs - 1), each once, in this order but at the same time; returns when all have returned.
// At most `threads` run at once, this one included, and no more than there are processors, or four.
void run_parallel(std::size_t jobs, std::size_t threads, const auto& work)
{
    constexpr std::size_t kMostThreads = 4;
    const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());

    std::atomic<std::size_t> next{0};
    const auto take_jobs = [&] {
        for (std::size_t job = next++; job < jobs; job = next++)
            work(job);
    };
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min({jobs, threads, processors, kMostThreads}); ++i)
        helpers.emplace_back(take_jobs);
    take_jobs();
}

} // namespace vpcd
