// vpcctl while the agent is too busy to answer.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "support/temporary_directory.h"
#include "vpcctl/commands.h"

using namespace vpcd;

namespace {

// A runtime directory without an agent.
class Runtime {
public:
    void says(pid_t process, const std::string& words) const
    {
        std::ofstream{directory_.path() / kProgressName} << process << ' ' << words << '\n';
    }
    Options options(Format format = Format::Table) const
    {
        Options options;
        options.socket = (directory_.path() / kSocketName).string();
        options.format = format;
        return options;
    }
    // What `run` writes to the stream.
    std::string written(FILE* stream, const std::function<void()>& run) const
    {
        const auto file = directory_.path() / "written";
        std::fflush(stream);
        const UniqueFd before{::dup(::fileno(stream))};
        REQUIRE(std::freopen(file.c_str(), "w", stream) != nullptr);
        run();
        std::fflush(stream);
        ::dup2(before.get(), ::fileno(stream));
        std::ostringstream text;
        text << std::ifstream{file}.rdbuf();
        return text.str();
    }

private:
    TemporaryDirectory directory_;
};

} // namespace

TEST_CASE("status of an agent that is busy with its start tells what it is at, and not to start it")
{
    const Runtime runtime;
    runtime.says(::getpid(), "planning (1000000 items)");
    int code = 0;

    const auto text = runtime.written(stderr, [&] { code = run_status(runtime.options()); });

    CHECK(code == kBusy);
    CHECK(text == "vpcd is busy: planning (1000000 items)\n");
}

TEST_CASE("status of a busy agent is JSON where JSON is asked for")
{
    const Runtime runtime;
    runtime.says(::getpid(), "planning (1000000 items)");
    int code = 0;

    const auto text = runtime.written(stdout, [&] { code = run_status(runtime.options(Format::Json)); });

    CHECK(code == kBusy);
    CHECK(text == "{\"busy\":\"planning (1000000 items)\"}\n");
}

TEST_CASE("other questions to a busy agent end with the same exit code")
{
    const Runtime runtime;
    runtime.says(::getpid(), "planning (1000000 items)");
    int code = 0;

    const auto text = runtime.written(stderr, [&] { code = run_counters(runtime.options()); });

    CHECK(code == kBusy);
    CHECK(text.find("planning (1000000 items)") != std::string::npos);
    CHECK(text.find("Is the agent running?") == std::string::npos);
}

TEST_CASE("an agent that is not there is not busy, whatever an earlier one has left")
{
    const Runtime runtime;
    const pid_t ended = ::fork();
    if (ended == 0)
        ::_exit(0);
    REQUIRE(ended > 0);
    REQUIRE(::waitpid(ended, nullptr, 0) == ended);
    runtime.says(ended, "planning (1000000 items)");
    int code = 0;

    const auto text = runtime.written(stderr, [&] { code = run_status(runtime.options()); });

    CHECK(code == kUnreachable);
    CHECK(text.find("Is the agent running?") != std::string::npos);
}
