#include "kernel/monitor.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <netlink/netlink.h>
#include <netlink/socket.h>

namespace vpcd {

namespace {

using boost::system::error_code;

constexpr int kReadsAtOnce = 256;    // datagrams, then others get their turn
constexpr int kReadsToDrain = 65536; // bounds the time under a storm
constexpr int kReceiveBuffer = 1 << 22;
constexpr std::size_t kDatagram = 1 << 16;
constexpr std::array kGroups{RTNLGRP_LINK,       RTNLGRP_NEIGH,       RTNLGRP_IPV4_ROUTE,
                             RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                             RTNLGRP_IPV4_RULE,  RTNLGRP_IPV6_RULE,   RTNLGRP_NEXTHOP};

} // namespace

Result<std::unique_ptr<Monitor>> Monitor::open(boost::asio::io_context& context, Handler handler)
{
    NetlinkSocket socket{nl_socket_alloc()};
    if (!socket)
        return fail(netlink_error(-NLE_NOMEM, "watch the kernel"));
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return fail(netlink_error(error, "watch the kernel"));
    set_receive_buffer(socket.get(), kReceiveBuffer); // fewer losses
    for (const auto group : kGroups)
        if (const int error = nl_socket_add_membership(socket.get(), group); error < 0)
            return fail(netlink_error(error, "watch the kernel: join a group"));

    std::unique_ptr<Monitor> monitor{new Monitor{context, std::move(socket), std::move(handler)}};
    if (const auto started = monitor->start(); !started)
        return fail(started.error());
    return monitor;
}

Monitor::Monitor(boost::asio::io_context& context, NetlinkSocket socket, Handler handler)
    : socket_(std::move(socket)), readable_(context), handler_(std::move(handler)), datagram_(kDatagram)
{
}

Result<void> Monitor::start()
{
    const int copy = ::fcntl(nl_socket_get_fd(socket_.get()), F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return fail(Error::system(errno, "watch the kernel: dup"));
    error_code error;
    readable_.assign(copy, error);
    if (error) {
        ::close(copy);
        return fail(Error::system(error.value(), "watch the kernel"));
    }

    wait();
    return {};
}

void Monitor::wait()
{
    readable_.async_wait(readable_.wait_read, [this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        read(kReadsAtOnce);
        wait();
    });
}

void Monitor::drain()
{
    read(kReadsToDrain);
}

void Monitor::read(int datagrams)
{
    for (int i = 0; i < datagrams; ++i) {
        const auto size =
            ::recv(nl_socket_get_fd(socket_.get()), datagram_.data(), datagram_.size(), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno != ENOBUFS)
            break;
        // ENOBUFS: the kernel had more to say than the socket holds.
        if (size < 0 || static_cast<std::size_t>(size) > datagram_.size())
            handler_(nullptr);
        else
            for_each_message(datagram_.data(), static_cast<std::size_t>(size), handler_);
    }
}

} // namespace vpcd
