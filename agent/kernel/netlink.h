// A connected NETLINK_ROUTE socket. Blocking, one thread: every call is a question and the kernel's answer, or many.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "kernel/message.h"

struct nl_sock;
struct nlmsgerr;

namespace vpcd {

// What we add carries this protocol id ('v'), and what does not carry it is not ours.
inline constexpr std::uint8_t kRouteProtocol = 0x76;

struct ReleaseSocket {
    void operator()(nl_sock* socket) const;
};
using NetlinkSocket = std::unique_ptr<nl_sock, ReleaseSocket>;

// Errors have ErrorSource::Netlink; the code is the errno the kernel answered, or -NLE_* where libnl itself failed.
class Netlink {
public:
    using Visitor = std::function<void(const nlmsghdr*)>;

    static Result<Netlink> open();

    // A change: waits until the kernel has done it or refused.
    Result<void> execute(Message&, std::string_view doing);

    // A question; `parse` makes a value of each message of the answer, or nothing. `Message` with NLM_F_DUMP lists.
    template <typename Parse>
    auto collect(Message&, Parse parse, std::string_view doing)
        -> Result<std::vector<typename std::invoke_result_t<Parse, const nlmsghdr*>::value_type>>;

    // Many at once, without a round trip each. Each request must have exactly one message for an answer: a question
    // about one object, or a change with NLM_F_ACK. Goes on past those that fail.
    using AnswerOf = std::function<void(std::size_t index, const nlmsghdr*)>;
    using DoingOf = std::function<std::string(std::size_t index)>;
    std::map<std::size_t, Error> exchange_all(std::vector<Message>& requests, const AnswerOf&, const DoingOf&);

    // Lists of routes have only those that the request's header describes (NETLINK_GET_STRICT_CHK); a kernel
    // before 4.20 lists all the same.
    void let_kernel_filter();

    // A diagnostic: messages sent to the kernel since open().
    std::uint64_t requests_sent() const { return requests_sent_; }

private:
    explicit Netlink(NetlinkSocket socket) : socket_(std::move(socket)) {}
    Result<void> exchange(Message&, const Visitor&, std::string_view doing);
    void start_afresh();

    NetlinkSocket socket_;
    std::uint32_t sequence_ = 0; // of exchange_all(); libnl counts its own from the time of day
    std::uint64_t requests_sent_ = 0;
};

// The listed table changed while it was being read; the list may be inconsistent.
bool is_interrupted_dump(const Error&);
// An answer of libnl (-NLE_*) as an Error.
Error netlink_error(int code, std::string_view doing);
// What the kernel refused, in its own words where it has some.
Error refusal_error(const nlmsgerr* refusal, std::string_view doing);
// As many bytes as asked for if we may, else as many as the system's limit allows.
void set_receive_buffer(nl_sock* socket, int bytes);

template <typename Parse>
auto Netlink::collect(Message& message, Parse parse, std::string_view doing)
    -> Result<std::vector<typename std::invoke_result_t<Parse, const nlmsghdr*>::value_type>>
{
    constexpr int kAttempts = 8;
    for (int attempt = 1;; ++attempt) {
        std::vector<typename std::invoke_result_t<Parse, const nlmsghdr*>::value_type> found;
        const auto done = exchange(
            message,
            [&](const nlmsghdr* answer) {
                if (auto value = parse(answer))
                    found.push_back(std::move(*value));
            },
            doing);
        if (done)
            return found;
        if (!is_interrupted_dump(done.error()) || attempt == kAttempts)
            return fail(done.error());
    }
}

} // namespace vpcd
