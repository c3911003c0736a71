// Tells when something in the kernel changed that Facts are made of. One thread, the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <set>

#include "kernel/neighbours.h"

namespace vpcd {

struct Changed {
    bool links = false;
    bool addresses = false;
    bool routes = false; // routes, rules and next hop objects
    bool neighbours = false;

    static Changed everything() { return {true, true, true, true}; }
    bool any() const { return links || addresses || routes || neighbours; }
    Changed& operator|=(const Changed& other);

    friend bool operator==(const Changed&, const Changed&) = default;
};

// Sorts notifications. The kernel tells each step of each neighbour's state machine; what matters is another MAC
// (or none), another owner, or that the entry is gone, and that on the underlay's devices only.
class ChangeFilter {
public:
    void set_underlay_devices(std::set<unsigned> ifindexes);
    Changed classify(const nlmsghdr*);
    // Messages were lost: what was known of neighbours is worth nothing.
    void forget() { known_.clear(); }

private:
    bool is_news(const nlmsghdr*);

    std::set<unsigned> devices_;
    NeighbourTable known_;
};

class Monitor {
public:
    using Handler = std::function<void(Changed)>;

    static Result<std::unique_ptr<Monitor>> open(boost::asio::io_context&);
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    // Called a few milliseconds after the first of a burst of changes, once for the burst.
    void on_change(Handler handler) { handler_ = std::move(handler); }
    // Neighbours on other devices are not reported. Initially: none.
    void set_underlay_devices(std::set<unsigned> ifindexes);

private:
    Monitor(boost::asio::io_context&, NetlinkSocket);
    Result<void> start();
    void wait();
    void read();
    void note(Changed);

    NetlinkSocket socket_;
    boost::asio::posix::stream_descriptor readable_; // a dup(): libnl owns the socket's own descriptor
    boost::asio::steady_timer burst_;
    ChangeFilter filter_;
    Changed pending_;
    Handler handler_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(); // expires with the monitor; completions ask it first
};

} // namespace vpcd
