#include "kernel/monitor.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <linux/rtnetlink.h>

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

namespace vpcd {

namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds kBurst{5};
constexpr int kReadsAtOnce = 256; // datagrams, then others get their turn
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::array kGroups{RTNLGRP_LINK,       RTNLGRP_NEIGH,       RTNLGRP_IPV4_ROUTE,
                             RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                             RTNLGRP_IPV4_RULE,  RTNLGRP_IPV6_RULE,   RTNLGRP_NEXTHOP};

struct Reading {
    ChangeFilter& filter;
    Changed seen;
};

int on_notification(nl_msg* message, void* context)
{
    auto* reading = static_cast<Reading*>(context);
    reading->seen |= reading->filter.classify(nlmsg_hdr(message));
    return NL_OK;
}

} // namespace

Changed& Changed::operator|=(const Changed& other)
{
    links |= other.links;
    addresses |= other.addresses;
    routes |= other.routes;
    neighbours |= other.neighbours;
    return *this;
}

void ChangeFilter::set_underlay_devices(std::set<unsigned> ifindexes)
{
    devices_ = std::move(ifindexes);
    std::erase_if(known_, [this](const auto& entry) { return !devices_.contains(entry.first.ifindex); });
}

bool ChangeFilter::is_news(const nlmsghdr* message)
{
    const auto found = parse_neighbour(message);
    if (!found || !devices_.contains(found->first.ifindex))
        return false;
    const auto& [key, neighbour] = *found;
    if (message->nlmsg_type == RTM_DELNEIGH) {
        known_.erase(key);
        return true;
    }
    const auto [entry, is_new] = known_.try_emplace(key, neighbour);
    if (!is_new && entry->second == neighbour)
        return false;
    entry->second = neighbour;
    return true;
}

Changed ChangeFilter::classify(const nlmsghdr* message)
{
    Changed changed;
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        changed.links = true;
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        changed.addresses = true;
        break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
        changed.neighbours = is_news(message);
        break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
    case RTM_NEWRULE:
    case RTM_DELRULE:
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        changed.routes = true;
        break;
    }
    return changed;
}

Result<std::unique_ptr<Monitor>> Monitor::open(boost::asio::io_context& context)
{
    NetlinkSocket socket{nl_socket_alloc()};
    if (!socket)
        return fail(netlink_error(-NLE_NOMEM, "watch the kernel"));
    nl_socket_disable_seq_check(socket.get()); // notifications answer no question
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return fail(netlink_error(error, "watch the kernel"));
    nl_socket_set_buffer_size(socket.get(), kReceiveBuffer, 0); // fewer overruns; not having it is no error
    for (const auto group : kGroups)
        if (const int error = nl_socket_add_membership(socket.get(), group); error < 0)
            return fail(netlink_error(error, "watch the kernel: join a group"));
    if (const int error = nl_socket_set_nonblocking(socket.get()); error < 0)
        return fail(netlink_error(error, "watch the kernel"));

    std::unique_ptr<Monitor> monitor{new Monitor{context, std::move(socket)}};
    if (const auto started = monitor->start(); !started)
        return fail(started.error());
    return monitor;
}

Monitor::Monitor(boost::asio::io_context& context, NetlinkSocket socket)
    : socket_(std::move(socket)), readable_(context), burst_(context)
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

void Monitor::set_underlay_devices(std::set<unsigned> ifindexes)
{
    filter_.set_underlay_devices(std::move(ifindexes));
}

void Monitor::wait()
{
    readable_.async_wait(readable_.wait_read, [this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        read();
        wait();
    });
}

void Monitor::read()
{
    Reading reading{filter_, {}};
    nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, on_notification, &reading);

    for (int i = 0; i < kReadsAtOnce; ++i) {
        const int error = nl_recvmsgs_default(socket_.get());
        if (error == -NLE_AGAIN)
            break;
        if (error < 0) { // -NLE_NOMEM is ENOBUFS: the kernel had more to say than the buffer holds
            filter_.forget();
            reading.seen = Changed::everything();
        }
    }
    note(reading.seen);
}

void Monitor::note(Changed changed)
{
    const bool is_first = !pending_.any();
    pending_ |= changed;
    if (!is_first || !pending_.any())
        return;

    burst_.expires_after(kBurst);
    burst_.async_wait([this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        const auto burst = std::exchange(pending_, Changed{});
        if (handler_)
            handler_(burst);
    });
}

} // namespace vpcd
