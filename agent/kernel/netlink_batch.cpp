// Netlink::exchange_all(): requests that travel together, their answers told apart by sequence number.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <span>
#include <sys/socket.h>
#include <sys/uio.h>

#include <netlink/msg.h>
#include <netlink/socket.h>

#include "kernel/netlink.h"

namespace vpcd {

namespace {

constexpr std::size_t kInFlight = 64; // their answers fit any receive buffer

struct Batch {
    int fd;
    std::uint32_t first_sequence;
    std::span<Message> requests;
};

// 0 or an errno.
int send(const Batch& batch, std::uint32_t port)
{
    std::array<iovec, kInFlight> parts{};
    for (std::size_t i = 0; i < batch.requests.size(); ++i) {
        nlmsghdr* header = nlmsg_hdr(batch.requests[i].raw());
        header->nlmsg_flags |= NLM_F_REQUEST;
        header->nlmsg_seq = batch.first_sequence + static_cast<std::uint32_t>(i);
        header->nlmsg_pid = port;
        parts[i] = {.iov_base = header, .iov_len = NLMSG_ALIGN(header->nlmsg_len)};
    }

    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    msghdr message{};
    message.msg_name = &kernel;
    message.msg_namelen = sizeof(kernel);
    message.msg_iov = parts.data();
    message.msg_iovlen = batch.requests.size();
    return ::sendmsg(batch.fd, &message, 0) < 0 ? errno : 0;
}

// Until each request is answered; calls visit(index, message). 0 or an errno.
template <typename Visit>
int receive(const Batch& batch, Visit visit)
{
    std::array<char, 32768> datagram{}; // the kernel puts no message of ours into more
    std::size_t missing = batch.requests.size();
    while (missing > 0) {
        const auto size = ::recv(batch.fd, datagram.data(), datagram.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size < 0 ? errno : ECONNRESET;
        for_each_message(datagram.data(), static_cast<std::size_t>(size), [&](const nlmsghdr* message) {
            const std::size_t index = message->nlmsg_seq - batch.first_sequence;
            if (index >= batch.requests.size())
                return;
            visit(index, message);
            missing -= std::min<std::size_t>(missing, 1);
        });
    }
    return 0;
}

} // namespace

std::map<std::size_t, Error> Netlink::exchange_all(std::vector<Message>& requests, const AnswerOf& answer,
                                                   const DoingOf& doing)
{
    std::map<std::size_t, Error> errors;
    for (std::size_t start = 0; start < requests.size(); start += kInFlight) {
        const Batch batch{nl_socket_get_fd(socket_.get()), sequence_,
                          std::span{requests}.subspan(start, std::min(kInFlight, requests.size() - start))};
        sequence_ += static_cast<std::uint32_t>(batch.requests.size());
        requests_sent_ += batch.requests.size();

        std::array<bool, kInFlight> is_answered{};
        int failure = send(batch, nl_socket_get_local_port(socket_.get()));
        if (failure == 0)
            failure = receive(batch, [&](std::size_t i, const nlmsghdr* message) {
                is_answered[i] = true;
                if (message->nlmsg_type != NLMSG_ERROR)
                    return answer(start + i, message);
                const auto* refusal = static_cast<const nlmsgerr*>(nlmsg_data(message));
                if (refusal->error != 0)
                    errors.emplace(start + i, refusal_error(refusal, doing(start + i)));
            });
        if (failure == 0)
            continue;
        start_afresh();
        for (std::size_t i = 0; i < batch.requests.size(); ++i)
            if (!is_answered[i])
                errors.emplace(start + i, Error{ErrorSource::Netlink, failure,
                                                fmt::format("{}: {}", doing(start + i), std::strerror(failure))});
    }
    return errors;
}

} // namespace vpcd
