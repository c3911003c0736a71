#include "config/parse_files.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"

namespace vpcd {

namespace {

constexpr std::size_t kBytesWorthAThread = std::size_t{1} << 20; // read in about the time of ten thread starts

struct Job {
    const std::string* path;
    const std::string* text;
    ParsedFile* parsed;
};

std::size_t threads_worth(const std::vector<Job>& jobs)
{
    std::size_t bytes = 0;
    for (const auto& job : jobs)
        bytes += job.text->size();
    return 1 + bytes / kBytesWorthAThread;
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

    run_parallel(jobs.size(), threads_worth(jobs),
                 [&](std::size_t i) { *jobs[i].parsed = parse_documents(*jobs[i].path, *jobs[i].text); });
    return result;
}

} // namespace vpcd
