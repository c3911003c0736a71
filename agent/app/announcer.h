// Tells the external segment which public addresses this host has taken over. One thread, the event loop's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <vector>

#include "base/address.h"
#include "plan/tables.h"

namespace vpcd {

class Announcer {
public:
    explicit Announcer(boost::asio::io_context& context) : timer_(context) {}

    // After `changes` were written: `rows` are the desired ones. Each address is announced several times, since a
    // frame may get lost (RFC 5227, 2.3 sends two).
    void announce(const PlanChanges& changes, const Tables& rows);

private:
    void tell();

    std::map<Address, unsigned> left_; // how many more times
    ::settings host_{};
    boost::asio::steady_timer timer_;
};

} // namespace vpcd
