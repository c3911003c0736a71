// Numbered datagrams: the receiver knows which are missing, came twice or overtook others.
#include "traffic.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <endian.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace traffic {
namespace {

constexpr std::uint64_t kEndMark = ~std::uint64_t{0}; // the datagram after the last; `total` says how many there were
constexpr int kEndMarks = 3;

struct Datagram {
    std::uint64_t number_be;
    std::uint64_t total_be;
};

class Receiver {
public:
    void take(std::uint64_t number)
    {
        const double now = seconds();
        if (received_++ > 0)
            longest_gap_ = std::max(longest_gap_, now - last_arrival_);
        last_arrival_ = now;
        if (number >= seen_.size())
            seen_.resize(number + 1 + seen_.size());
        if (seen_[number])
            ++duplicate_;
        seen_[number] = true;
        if (number + 1 < next_)
            ++reordered_;
        next_ = std::max(next_, number + 1);
    }

    void announce(std::uint64_t total) { announced_ = total; }
    bool is_complete() const { return announced_ && received_ - duplicate_ >= announced_; }
    bool is_ending() const { return announced_; }

    void print() const
    {
        std::printf("{\"received\": %llu, \"duplicate\": %llu, \"reordered\": %llu, \"longest_gap_ms\": %.1f}\n",
                    static_cast<unsigned long long>(received_ - duplicate_),
                    static_cast<unsigned long long>(duplicate_), static_cast<unsigned long long>(reordered_),
                    longest_gap_ * 1e3);
    }

private:
    std::vector<bool> seen_;
    std::uint64_t received_ = 0, duplicate_ = 0, reordered_ = 0, next_ = 0, announced_ = 0;
    double last_arrival_ = 0, longest_gap_ = 0;
};

// False when there was nothing more to read.
bool read_one(int fd, Receiver& receiver)
{
    Datagram datagram{};
    const auto length = ::recv(fd, &datagram, sizeof(datagram), MSG_DONTWAIT);
    if (length < static_cast<ssize_t>(sizeof(datagram)))
        return length >= 0;
    if (datagram.number_be == kEndMark)
        receiver.announce(be64toh(datagram.total_be));
    else
        receiver.take(be64toh(datagram.number_be));
    return true;
}

} // namespace

int udp_receive(Arguments arguments)
{
    const int end = end_signal();
    const int fd = check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    const int room = 32 << 20; // a slow reader must not look like a lossy network
    check(::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), "SO_RCVBUFFORCE");
    const auto here = endpoint(arguments[0], arguments[1]);
    check(::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof(here)), "bind");
    say_ready();

    Receiver receiver;
    pollfd watched[] = {{fd, POLLIN, 0}, {end, POLLIN, 0}};
    // After the end mark stragglers get a moment, and only when something is missing.
    while (!receiver.is_complete() && ::poll(watched, 2, receiver.is_ending() ? 300 : -1) > 0) {
        while (read_one(fd, receiver)) {
        }
        if (watched[1].revents)
            break;
    }
    receiver.print();
    return 0;
}

int udp_send(Arguments arguments)
{
    const int end = end_signal();
    const int fd = check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    const auto there = endpoint(arguments[0], arguments[1]);
    const double rate = std::stod(arguments[2]);
    const double duration = std::stod(arguments[3]); // 0: until SIGTERM
    std::vector<char> buffer(std::max(sizeof(Datagram), std::stoul(arguments[4])));
    const auto send = [&](std::uint64_t number, std::uint64_t total) {
        const Datagram datagram{htobe64(number), htobe64(total)};
        std::memcpy(buffer.data(), &datagram, sizeof(datagram));
        return ::sendto(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<const sockaddr*>(&there),
                        sizeof(there)) >= 0;
    };

    const int timer = check(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
    const itimerspec every{{0, 1'000'000}, {0, 1'000'000}};
    check(::timerfd_settime(timer, 0, &every, nullptr), "timerfd_settime");
    say_ready();

    std::uint64_t number = 0, errors = 0;
    const double start = seconds();
    pollfd watched[] = {{timer, POLLIN, 0}, {end, POLLIN, 0}};
    while (::poll(watched, 2, -1) >= 0 && !watched[1].revents) {
        std::uint64_t ticks = 0;
        check(static_cast<int>(::read(timer, &ticks, sizeof(ticks))), "read");
        const double elapsed = seconds() - start;
        // What the sender's own stack refuses counts as sent: it did not arrive.
        for (; static_cast<double>(number) < elapsed * rate; ++number)
            if (!send(number, 0))
                ++errors;
        if (duration > 0 && elapsed >= duration)
            break;
    }
    for (int mark = 0; mark < kEndMarks; ++mark)
        send(kEndMark, number);
    std::printf("{\"sent\": %llu, \"errors\": %llu}\n", static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(errors));
    return 0;
}

} // namespace traffic
