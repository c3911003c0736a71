#include "base/child.h"

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

constexpr std::size_t kLastLines = 6;
constexpr off_t kMostOutput = 16 << 20; // more than that cannot be written
constexpr off_t kMostRead = 1 << 20;

std::string last_lines(const std::string& text)
{
    std::size_t at = text.find_last_not_of('\n');
    const std::size_t end = at == std::string::npos ? 0 : at + 1;
    for (std::size_t line = 0; line < kLastLines && at != std::string::npos && at > 0; ++line)
        at = text.rfind('\n', at - 1);
    const std::size_t begin = at == std::string::npos || at == 0 ? 0 : at + 1;
    return text.substr(begin, end - begin);
}

// What posix_spawn wants to know, freed again.
struct SpawnPlan {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};

    SpawnPlan()
    {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan()
    {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
};

// In a process group of its own, so that what it starts can be ended with it; no signal blocked or ignored.
int spawn(const Command& command, int output, pid_t& pid)
{
    SpawnPlan plan;
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    posix_spawn_file_actions_addopen(&plan.files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&plan.files, output, 1);
    posix_spawn_file_actions_adddup2(&plan.files, output, 2);
    posix_spawn_file_actions_addchdir_np(&plan.files, command.directory.c_str());
    posix_spawnattr_setflags(&plan.attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&plan.attributes, 0);
    posix_spawnattr_setsigmask(&plan.attributes, &none);
    posix_spawnattr_setsigdefault(&plan.attributes, &all);

    std::string program = command.program.string();
    std::vector<std::string> words = command.arguments;
    std::vector<char*> arguments{program.data()};
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const char* path = std::getenv("PATH");
    std::string variable = fmt::format("PATH={}", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    std::array<char*, 2> environment{variable.data(), nullptr};
    return ::posix_spawn(&pid, program.c_str(), &plan.files, &plan.attributes, arguments.data(), environment.data());
}

// In memory, of a size that cannot grow: how much of it is written tells the position all writers share.
Result<UniqueFd> make_output()
{
    UniqueFd output{::memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!output || ::ftruncate(output.get(), kMostOutput) != 0 ||
        ::fcntl(output.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
        return fail(Error::system(errno, "make room for its output"));
    return output;
}

// It is no more worth than others when memory runs out, whatever this process is.
void be_ordinary(pid_t pid)
{
    std::ofstream{fmt::format("/proc/{}/oom_score_adj", pid)} << 0;
}

class RunningChild : public Child {
public:
    RunningChild(boost::asio::io_context& context, const Command& command, Handler handler)
        : name_(command.program.filename().string()), handler_(std::move(handler)), ended_(context), timer_(context)
    {
    }
    RunningChild(const RunningChild&) = delete;
    RunningChild& operator=(const RunningChild&) = delete;
    ~RunningChild() override
    {
        if (pid_ > 0) {
            ::kill(-pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    Result<void> start(const Command& command)
    {
        auto output = make_output();
        if (!output)
            return fail(output.error().during("start " + name_));
        output_ = std::move(*output);
        if (const int error = spawn(command, output_.get(), pid_))
            return fail(Error::system(error, "start " + command.program.string()));
        be_ordinary(pid_);
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        if (handle < 0)
            return fail(Error::system(errno, "wait for " + name_));
        ended_.assign(handle);
        ended_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
                              if (!error && !alive.expired())
                                  finish();
                          });
        timer_.expires_after(command.limit);
        timer_.async_wait(
            [this, alive = std::weak_ptr{alive_}, limit = command.limit](const boost::system::error_code& error) {
                if (error || alive.expired() || pid_ <= 0)
                    return;
                is_late_ = true;
                limit_ = limit;
                ::kill(-pid_, SIGKILL); // and the end is seen as any other
            });
        return {};
    }

private:
    std::string output() const
    {
        const off_t written = std::max<off_t>(::lseek(output_.get(), 0, SEEK_CUR), 0);
        std::string text(static_cast<std::size_t>(std::min(written, kMostRead)), '\0');
        const ssize_t got =
            ::pread(output_.get(), text.data(), text.size(), written - static_cast<off_t>(text.size()));
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }

    void finish()
    {
        int status = 0;
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        timer_.cancel();
        const auto handler = std::move(handler_);
        auto result = verdict(status);
        handler(std::move(result)); // may destroy this
    }

    Result<std::string> verdict(int status) const
    {
        std::string text = output();
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return text;
        const std::string how = is_late_ ? fmt::format("did not end within {} s", limit_.count() / 1000.0)
                                : WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                                                      : fmt::format("ended with {}", WEXITSTATUS(status));
        const std::string said = last_lines(text);
        return fail(Error::config(said.empty() ? fmt::format("{} {}", name_, how)
                                               : fmt::format("{} {}: {}", name_, how, said)));
    }

    std::string name_;
    Handler handler_;
    boost::asio::posix::stream_descriptor ended_; // a pidfd
    boost::asio::steady_timer timer_;
    UniqueFd output_;
    pid_t pid_ = 0;
    bool is_late_ = false;
    std::chrono::milliseconds limit_{};
};

// One that could not be started says so, but not before start() has returned.
class FailedChild : public Child {
public:
    FailedChild(boost::asio::io_context& context, Error error, Handler handler) : timer_(context)
    {
        timer_.expires_after(std::chrono::seconds{0});
        timer_.async_wait([told = std::move(error), alive = std::weak_ptr{alive_},
                           handler = std::move(handler)](const auto& cancelled) {
            if (!cancelled && !alive.expired())
                handler(fail(told));
        });
    }

private:
    boost::asio::steady_timer timer_;
};

} // namespace

std::unique_ptr<Child> Child::start(boost::asio::io_context& context, const Command& command, Handler handler)
{
    auto child = std::make_unique<RunningChild>(context, command, handler);
    if (auto started = child->start(command); !started)
        return failed(context, started.error(), std::move(handler));
    return child;
}

std::unique_ptr<Child> Child::failed(boost::asio::io_context& context, Error error, Handler handler)
{
    return std::make_unique<FailedChild>(context, std::move(error), std::move(handler));
}

} // namespace vpcd
