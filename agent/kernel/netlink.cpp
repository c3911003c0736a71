#include "kernel/netlink.h"

#include <cstring>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <string>
#include <sys/socket.h>

#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

namespace vpcd {

namespace {

constexpr int kReceiveBuffer = 1 << 20; // holds the answers of one batch, whatever the system's default

struct ReleaseCallbacks {
    void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};

// What the callbacks of one exchange leave behind.
struct Answer {
    const Netlink::Visitor& visitor;
    std::string_view doing;
    std::optional<Error> refused = std::nullopt;
};

int on_message(nl_msg* message, void* context)
{
    static_cast<Answer*>(context)->visitor(nlmsg_hdr(message));
    return NL_OK;
}

// The kernel's own sentence, behind the error code (NETLINK_EXT_ACK with NETLINK_CAP_ACK).
std::string extended_reason(const nlmsgerr* refusal)
{
    const auto* header = reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const char*>(refusal) - NLMSG_HDRLEN);
    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || !(header->nlmsg_flags & NLM_F_CAPPED))
        return {};
    return std::string{Attributes{header, sizeof(nlmsgerr)}.string(NLMSGERR_ATTR_MSG)};
}

int on_refusal(sockaddr_nl*, nlmsgerr* refusal, void* context)
{
    auto* answer = static_cast<Answer*>(context);
    answer->refused = refusal_error(refusal, answer->doing);
    return NL_STOP;
}

} // namespace

void ReleaseSocket::operator()(nl_sock* socket) const
{
    nl_socket_free(socket);
}

Error refusal_error(const nlmsgerr* refusal, std::string_view doing)
{
    const int code = -refusal->error;
    auto sentence = fmt::format("{}: {}", doing, std::strerror(code));
    if (const auto reason = extended_reason(refusal); !reason.empty())
        sentence += fmt::format(" ({})", reason);
    return {ErrorSource::Netlink, code, std::move(sentence)};
}

Error netlink_error(int code, std::string_view doing)
{
    return {ErrorSource::Netlink, code, fmt::format("{}: {}", doing, nl_geterror(code))};
}

bool is_interrupted_dump(const Error& error)
{
    return error.source() == ErrorSource::Netlink && error.code() == -NLE_DUMP_INTR;
}

void set_receive_buffer(nl_sock* socket, int bytes)
{
    const int fd = nl_socket_get_fd(socket);
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

Result<Netlink> Netlink::open()
{
    NetlinkSocket socket{nl_socket_alloc()};
    if (!socket)
        return fail(netlink_error(-NLE_NOMEM, "open a netlink socket"));
    nl_socket_disable_auto_ack(socket.get());
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return fail(netlink_error(error, "open a netlink socket"));

    // Only for better sentences; a kernel that refuses them is as good.
    const int on = 1;
    ::setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    ::setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    set_receive_buffer(socket.get(), kReceiveBuffer);
    return Netlink{std::move(socket)};
}

void Netlink::let_kernel_filter()
{
    const int on = 1;
    ::setsockopt(nl_socket_get_fd(socket_.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

Result<void> Netlink::execute(Message& message, std::string_view doing)
{
    nlmsg_hdr(message.raw())->nlmsg_flags |= NLM_F_ACK;
    return exchange(message, [](const nlmsghdr*) {}, doing);
}

Result<void> Netlink::exchange(Message& message, const Visitor& visitor, std::string_view doing)
{
    Answer answer{visitor, doing};
    const std::unique_ptr<nl_cb, ReleaseCallbacks> callbacks{nl_cb_alloc(NL_CB_DEFAULT)};
    if (!callbacks)
        return fail(netlink_error(-NLE_NOMEM, doing));
    nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message, &answer);
    nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_refusal, &answer);

    nlmsg_hdr(message.raw())->nlmsg_seq = NL_AUTO_SEQ; // sent again, it is a new question
    if (const int error = nl_send_auto(socket_.get(), message.raw()); error < 0)
        return fail(netlink_error(error, doing));
    ++requests_sent_;
    const int error = nl_recvmsgs(socket_.get(), callbacks.get());
    if (answer.refused)
        return fail(*answer.refused);
    if (error < 0 && error != -NLE_DUMP_INTR)
        start_afresh();
    if (error < 0)
        return fail(netlink_error(error, doing));
    return {};
}

// An answer may be left unread and would be taken for that of the next question.
void Netlink::start_afresh()
{
    if (auto fresh = open())
        socket_ = std::move(fresh->socket_);
}

} // namespace vpcd
