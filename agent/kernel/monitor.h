// Hears what the kernel tells of devices, addresses, routes, rules and neighbours. One thread, the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "kernel/netlink.h"

namespace vpcd {

class Monitor {
public:
    // Each notification in the kernel's order; nullptr: some were lost.
    using Handler = std::function<void(const nlmsghdr*)>;

    static Result<std::unique_ptr<Monitor>> open(boost::asio::io_context&, Handler);
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    // Hands over, now, what the kernel has told until now: afterwards nothing older than this call is outstanding.
    void drain();

private:
    Monitor(boost::asio::io_context&, NetlinkSocket, Handler);
    Result<void> start();
    void wait();
    void read(int datagrams);

    NetlinkSocket socket_;
    boost::asio::posix::stream_descriptor readable_; // a dup(): libnl owns the socket's own descriptor
    Handler handler_;
    std::vector<char> datagram_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(); // expires with the monitor; completions ask it first
};

} // namespace vpcd
