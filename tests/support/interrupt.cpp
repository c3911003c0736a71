// Runs a program and interferes at one of its system calls that change the kernel, at entry: kills it there, holds
// it, or has the call fail. What the points are is written to a file, one line each: "bpf LINK_UPDATE 7".
//
//   interrupt LOG count -- PROGRAM...            lets it run
//   interrupt LOG kill POINT -- PROGRAM...       SIGKILL there; ends with 42
//   interrupt LOG hold POINT -- PROGRAM...       prints "held", waits for SIGUSR1, lets it run
//   interrupt LOG fail WHAT ERRNO -- PROGRAM...  every call whose line begins so, from SIGUSR1 to the next SIGUSR1
//
// POINT: a number (of all, from 1), or the beginning of a line and a number: "bpf LINK_UPDATE:2". SIGTERM and SIGHUP
// are passed on to the program.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system_call.h"

namespace {

constexpr int kReached = 42;

enum class Action { Count, Kill, Hold, Fail };

struct Plan {
    FILE* log = nullptr;
    Action action = Action::Count;
    std::string prefix;
    unsigned long number = 0;
    int code = 0; // errno, for Fail
    std::vector<char*> program;
};

pid_t g_program = 0;
volatile std::sig_atomic_t g_released = 0;

void pass_on(int signal)
{
    ::kill(g_program, signal);
}

void release(int)
{
    g_released = !g_released;
}

[[noreturn]] void usage()
{
    std::fputs("usage: interrupt LOG count|kill POINT|hold POINT|fail WHAT ERRNO -- PROGRAM...\n", stderr);
    std::exit(2);
}

void set_point(Plan& plan, std::string_view point)
{
    const auto colon = point.rfind(':');
    plan.prefix = colon == std::string_view::npos ? "" : point.substr(0, colon);
    plan.number = std::stoul(std::string{colon == std::string_view::npos ? point : point.substr(colon + 1)});
}

Plan parse(int argc, char** argv)
{
    Plan plan;
    int at = 3;
    if (argc < 5)
        usage();
    plan.log = std::fopen(argv[1], "we");
    const std::string_view action{argv[2]};
    plan.action = action == "count"  ? Action::Count
                  : action == "kill" ? Action::Kill
                  : action == "hold" ? Action::Hold
                                     : Action::Fail;
    if (plan.action == Action::Kill || plan.action == Action::Hold)
        set_point(plan, argv[at++]);
    if (plan.action == Action::Fail && argc > 6) {
        plan.prefix = argv[at++];
        plan.code = std::atoi(argv[at++]);
    }
    if (!plan.log || at + 1 >= argc || std::string_view{argv[at]} != "--")
        usage();
    plan.program.assign(argv + at + 1, argv + argc);
    plan.program.push_back(nullptr);
    return plan;
}

[[noreturn]] void run(const Plan& plan)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    auto filter = interrupt::stop_at_changes();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        std::perror("seccomp");
        std::_Exit(2);
    }
    ::execvp(plan.program[0], plan.program.data());
    std::perror(plan.program[0]);
    std::_Exit(2);
}

class Tracer {
public:
    explicit Tracer(Plan plan) : plan_(std::move(plan)) {}

    int run()
    {
        for (;;) {
            int status = 0;
            const pid_t thread = ::waitpid(-1, &status, __WALL);
            if (thread < 0 && errno == EINTR)
                continue;
            if (thread < 0)
                return 2;
            if (!WIFSTOPPED(status)) {
                if (thread == g_program)
                    return is_reached_ && plan_.action == Action::Kill ? kReached
                           : WIFEXITED(status)                         ? WEXITSTATUS(status)
                                                                       : 128 + WTERMSIG(status);
                continue;
            }
            stopped(thread, status);
        }
    }

private:
    void stopped(pid_t thread, int status)
    {
        const int event = status >> 16;
        int signal = 0;
        if (event == PTRACE_EVENT_SECCOMP)
            at_call(thread);
        else if (event == 0 && WSTOPSIG(status) != SIGSTOP) // with which new threads begin
            signal = WSTOPSIG(status);
        ::ptrace(PTRACE_CONT, thread, nullptr, signal);
    }

    void at_call(pid_t thread)
    {
        const auto what = interrupt::describe_change(thread);
        if (!what)
            return;
        std::fprintf(plan_.log, "%s\n", what->c_str());
        std::fflush(plan_.log);
        if (!what->starts_with(plan_.prefix))
            return;
        ++seen_;
        const bool is_there = seen_ == plan_.number;
        is_reached_ = is_reached_ || is_there;
        if (plan_.action == Action::Kill && is_there)
            ::kill(g_program, SIGKILL);
        if (plan_.action == Action::Hold && is_there)
            hold(*what);
        if (plan_.action == Action::Fail && g_released)
            interrupt::fail_call(thread, plan_.code);
    }

    static void hold(const std::string& what)
    {
        std::printf("held at %s\n", what.c_str());
        std::fflush(stdout);
        // Blocked but while it sleeps, so that no signal comes between the question and the sleep.
        sigset_t releasing, before;
        ::sigemptyset(&releasing);
        ::sigaddset(&releasing, SIGUSR1);
        ::sigprocmask(SIG_BLOCK, &releasing, &before);
        while (!g_released)
            ::sigsuspend(&before);
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
    }

    Plan plan_;
    unsigned long seen_ = 0;
    bool is_reached_ = false;
};

} // namespace

int main(int argc, char** argv)
{
    Plan plan = parse(argc, argv);
    g_program = ::fork();
    if (g_program == 0)
        run(plan);
    int status = 0;
    ::waitpid(g_program, &status, 0);
    ::ptrace(PTRACE_SETOPTIONS, g_program, nullptr,
             PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC);
    std::signal(SIGTERM, pass_on);
    std::signal(SIGHUP, pass_on);
    std::signal(SIGUSR1, release);
    ::ptrace(PTRACE_CONT, g_program, nullptr, 0);
    return Tracer{std::move(plan)}.run();
}
