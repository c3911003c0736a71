#include "config/parse_files.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace vpcd {

namespace {

constexpr std::size_t kMostThreads = 4;
constexpr std::size_t kBytesWorthAThread = std::size_t{1} << 20; // read in about the time of ten thread starts

struct Job {
    const std::string* path;
    const std::string* text;
    ParsedFile* parsed;
};

std::size_t thread_count(const std::vector<Job>& jobs)
{
    std::size_t bytes = 0;
    for (const auto& job : jobs)
        bytes += job.text->size();
    const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
    return std::min({kMostThreads, processors, jobs.size(), 1 + bytes / kBytesWorthAThread});
}

} // namespace

std::map<std::string, ParsedFile> parse_files(const std::map<std::string, std::optional<std::string>>& files)
{
    std::map<std::string, ParsedFile> result;
    std::vector<Job> jobs;
    for (const auto& [path, text] : files) {
        ParsedFile& parsed = result[path];
        if (text)
            jobs.push_back({&path, &*text, &parsed});
    }
    std::ranges::stable_sort(jobs, std::ranges::greater{}, [](const Job& job) { return job.text->size(); });

    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < jobs.size(); i = next++)
            *jobs[i].parsed = parse_documents(*jobs[i].path, *jobs[i].text);
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < thread_count(jobs); ++i)
            helpers.emplace_back(work);
        work();
    }
    return result;
}

} // namespace vpcd
