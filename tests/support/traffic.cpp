// Traffic whose fate is known exactly: numbered datagrams, checked streams, a connection that is kept open.
// Each mode prints "ready" when it may be talked to and one JSON object when it ends (by itself or on SIGTERM).
#include "traffic.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include <arpa/inet.h>
#include <sys/signalfd.h>

namespace traffic {

void die(const char* what)
{
    std::fprintf(stderr, "traffic: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

int check(int result, const char* what)
{
    if (result < 0)
        die(what);
    return result;
}

sockaddr_in endpoint(const std::string& address, const std::string& port)
{
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(static_cast<std::uint16_t>(std::stoul(port)));
    if (::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1)
        die(address.c_str());
    return result;
}

int end_signal()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return check(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
}

void say(const char* line)
{
    std::puts(line);
    std::fflush(stdout);
}

void say_ready()
{
    say("ready");
}

double seconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace traffic

namespace {

struct Mode {
    std::string_view name;
    int arguments;
    int (*run)(traffic::Arguments);
    const char* usage;
};

constexpr Mode kModes[] = {
    {"udp-send", 5, traffic::udp_send, "ADDRESS PORT PACKETS_PER_SECOND SECONDS BYTES"},
    {"udp-receive", 2, traffic::udp_receive, "ADDRESS PORT"},
    {"tcp-send", 3, traffic::tcp_send, "ADDRESS PORT BYTES"},
    {"tcp-receive", 2, traffic::tcp_receive, "ADDRESS PORT"},
    {"tcp-echo", 2, traffic::tcp_echo, "ADDRESS PORT"},
    {"tcp-hold", 3, traffic::tcp_hold, "ADDRESS PORT INTERVAL_MS"},
};

} // namespace

int main(int count, char** arguments)
{
    for (const auto& mode : kModes)
        if (count == mode.arguments + 2 && arguments[1] == mode.name)
            return mode.run(arguments + 2);
    std::fputs("usage:\n", stderr);
    for (const auto& mode : kModes)
        std::fprintf(stderr, "  traffic %s %s\n", mode.name.data(), mode.usage);
    return 2;
}
