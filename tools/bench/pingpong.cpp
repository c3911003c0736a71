// One byte there, one byte back, over TCP: on one connection (rr), or on a new one each time (crr).
// bench_pingpong serve ADDRESS PORT | rr ADDRESS PORT SECONDS | crr ADDRESS PORT SECONDS
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr char kOnce = '1';  // the server answers and closes
constexpr char kAgain = '+'; // the server answers and reads on

[[noreturn]] void die(const char* what)
{
    std::fprintf(stderr, "bench_pingpong: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

sockaddr_in endpoint(char** arguments)
{
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_addr.s_addr = ::inet_addr(arguments[2]);
    result.sin_port = htons(static_cast<std::uint16_t>(std::stoul(arguments[3])));
    return result;
}

int make_socket()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    return fd;
}

void no_delay(int fd)
{
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        die("TCP_NODELAY");
}

double seconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int serve(char** arguments)
{
    const int listener = make_socket();
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const auto here = endpoint(arguments);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0 || ::listen(listener, 128) != 0)
        die("listen");
    std::puts("ready");
    std::fflush(stdout);
    while (true) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            die("accept");
        no_delay(fd);
        char byte = kAgain;
        while (byte == kAgain && ::recv(fd, &byte, 1, 0) == 1 && ::send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
        }
        ::close(fd);
    }
}

int open_connection(const sockaddr_in& there)
{
    const int fd = make_socket();
    no_delay(fd);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) != 0)
        die("connect");
    return fd;
}

void exchange(int fd, char byte)
{
    if (::send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || ::recv(fd, &byte, 1, 0) != 1)
        die("exchange");
}

int measure(char** arguments, bool new_connections)
{
    const auto there = endpoint(arguments);
    const double duration = std::stod(arguments[4]);
    const int kept = new_connections ? -1 : open_connection(there);
    std::uint64_t exchanges = 0;
    const double start = seconds();
    double elapsed = 0;
    for (; elapsed < duration; elapsed = seconds() - start, ++exchanges) {
        if (new_connections) {
            const int fd = open_connection(there);
            exchange(fd, kOnce);
            char end = 0;
            if (::recv(fd, &end, 1, 0) != 0) // the server closes first, so this side's port is free at once
                die("close");
            ::close(fd);
        } else {
            exchange(kept, kAgain);
        }
    }
    std::printf("{\"exchanges\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(exchanges), elapsed);
    return 0;
}

} // namespace

int main(int count, char** arguments)
{
    const std::string_view mode = count > 1 ? arguments[1] : "";
    if (mode == "serve" && count == 4)
        return serve(arguments);
    if ((mode == "rr" || mode == "crr") && count == 5)
        return measure(arguments, mode == "crr");
    std::fputs("usage: bench_pingpong serve ADDRESS PORT | rr|crr ADDRESS PORT SECONDS\n", stderr);
    return 2;
}
