// Streams whose every byte is checked, and a connection that lives through whatever happens below it.
#include "traffic.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace traffic {
namespace {

constexpr std::size_t kChunk = 1 << 17;
constexpr unsigned kReportEvery = 5; // exchanges of a held connection

// Byte n of every stream. 251 is prime, so a lost or repeated block of any usual size shows.
char pattern(std::uint64_t n)
{
    return static_cast<char>(n % 251);
}

// From any phase of the pattern a whole chunk follows.
std::vector<char> pattern_block()
{
    std::vector<char> block(kChunk + 251);
    for (std::size_t n = 0; n < block.size(); ++n)
        block[n] = pattern(n);
    return block;
}

int listen_at(Arguments arguments)
{
    const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    check(::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    const auto here = endpoint(arguments[0], arguments[1]);
    check(::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof(here)), "bind");
    check(::listen(fd, 64), "listen");
    say_ready();
    return fd;
}

int connect_to(Arguments arguments)
{
    const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
    const auto there = endpoint(arguments[0], arguments[1]);
    check(::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof(there)), "connect");
    return fd;
}

} // namespace

int tcp_send(Arguments arguments)
{
    const int fd = connect_to(arguments);
    const auto total = std::stoull(arguments[2]);
    const auto block = pattern_block();
    std::uint64_t sent = 0;
    while (sent < total) {
        const auto length = std::min<std::uint64_t>(kChunk, total - sent);
        const auto written = ::send(fd, block.data() + sent % 251, length, MSG_NOSIGNAL);
        if (written < 0)
            die("send");
        sent += static_cast<std::uint64_t>(written);
    }
    check(::shutdown(fd, SHUT_WR), "shutdown");
    char rest = 0;
    check(static_cast<int>(::read(fd, &rest, 1)), "read"); // the receiver closes when it has all
    std::printf("{\"sent\": %llu}\n", static_cast<unsigned long long>(sent));
    return 0;
}

int tcp_receive(Arguments arguments)
{
    const int listener = listen_at(arguments);
    const int fd = check(::accept(listener, nullptr, nullptr), "accept");
    const auto expected = pattern_block();
    std::vector<char> block(kChunk);
    std::uint64_t received = 0, wrong = 0;
    const double start = seconds();
    while (true) {
        const auto length = ::recv(fd, block.data(), block.size(), 0);
        if (length < 0)
            die("recv");
        if (length == 0)
            break;
        const auto size = static_cast<std::size_t>(length);
        // A look at each byte only when the whole block differs: the check must not set the pace.
        if (std::memcmp(block.data(), expected.data() + received % 251, size) != 0)
            for (std::size_t n = 0; n < size; ++n)
                wrong += block[n] != pattern(received + n);
        received += size;
    }
    std::printf("{\"received\": %llu, \"wrong\": %llu, \"seconds\": %.6f}\n",
                static_cast<unsigned long long>(received), static_cast<unsigned long long>(wrong), seconds() - start);
    return 0;
}

int tcp_echo(Arguments arguments)
{
    const int end = end_signal();
    std::vector<pollfd> watched{{end, POLLIN, 0}, {listen_at(arguments), POLLIN, 0}};
    std::vector<char> block(kChunk);
    std::uint64_t echoed = 0;
    while (::poll(watched.data(), watched.size(), -1) >= 0 && !watched[0].revents) {
        if (watched[1].revents)
            watched.push_back({check(::accept(watched[1].fd, nullptr, nullptr), "accept"), POLLIN, 0});
        for (std::size_t n = 2; n < watched.size(); ++n) {
            if (!watched[n].revents)
                continue;
            const auto length = ::recv(watched[n].fd, block.data(), block.size(), MSG_DONTWAIT);
            if (length > 0 &&
                ::send(watched[n].fd, block.data(), static_cast<std::size_t>(length), MSG_NOSIGNAL) > 0) {
                echoed += static_cast<std::uint64_t>(length);
            } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
                ::close(watched[n].fd);
                watched[n].fd = -1; // poll skips it
                watched[n].revents = 0;
            }
        }
    }
    std::printf("{\"echoed\": %llu}\n", static_cast<unsigned long long>(echoed));
    return 0;
}

int tcp_hold(Arguments arguments)
{
    const int end = end_signal();
    const int fd = connect_to(arguments);
    const auto interval_ms = std::stol(arguments[2]);
    const int timer = check(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
    const itimerspec every{{interval_ms / 1000, interval_ms % 1000 * 1'000'000}, {0, 1}};
    check(::timerfd_settime(timer, 0, &every, nullptr), "timerfd_settime");

    // One number is under way at a time; a stall is how long its echo took.
    std::uint64_t number = 0;
    double longest = 0, sent_at = 0;
    const char* error = "";
    bool awaiting = false;
    while (true) {
        pollfd watched[] = {{end, POLLIN, 0}, {awaiting ? fd : timer, POLLIN, 0}};
        if (::poll(watched, 2, -1) < 0 || watched[0].revents)
            break;
        std::uint64_t value = 0;
        const auto length = ::read(watched[1].fd, &value, sizeof(value));
        if (!awaiting) {
            ++number;
            sent_at = seconds();
            awaiting = ::send(fd, &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number);
            error = awaiting ? "" : std::strerror(errno);
        } else {
            longest = std::max(longest, seconds() - sent_at);
            error = length < 0 ? std::strerror(errno) : value == number ? "" : "connection closed or out of step";
            awaiting = false;
            if (number == 1)
                say_ready();
            else if (number % kReportEvery == 0)
                say("exchanged");
        }
        if (*error)
            break;
    }
    if (awaiting)
        longest = std::max(longest, seconds() - sent_at);
    std::printf("{\"exchanged\": %llu, \"longest_stall_ms\": %.1f, \"error\": \"%s\"}\n",
                static_cast<unsigned long long>(number - awaiting), longest * 1e3, error);
    return *error ? 1 : 0;
}

} // namespace traffic
