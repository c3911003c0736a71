// What long work is at, for those who ask while the agent is too busy to answer: the service manager, and `vpcctl
// status`, which reads a line from the runtime directory. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

namespace vpcd {

class Progress {
public:
    explicit Progress(std::filesystem::path file);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { end(); }

    // A step begins: "planning". `size` of what it works on; small steps of young work leave no line.
    void at(const std::string& step, std::size_t size);
    void end();

private:
    using Clock = std::chrono::steady_clock;

    std::filesystem::path file_;
    Clock::time_point began_{}; // zero: no work
    bool is_told_ = false;
};

} // namespace vpcd
