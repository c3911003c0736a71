// Work that comes again and again: idle flows are ended, counters of what is gone are removed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "base/error.h"

namespace vpcd {

class Chore {
public:
    using Milliseconds = std::chrono::milliseconds;
    struct Times {
        Milliseconds first; // from now on
        Milliseconds usual; // from the end of one run to the beginning of the next
    };

    // `name` stands in messages: "ending idle flows". Called by the event loop, as long as the Chore lives.
    Chore(boost::asio::io_context&, std::string name, Times, std::function<Result<void>()> run);

    // How long to wait after a run that took so long: what grows must not keep the agent from its other work.
    static Milliseconds pause_after(Milliseconds taken, Milliseconds usual);

private:
    void schedule(Milliseconds pause);
    void run();

    std::string name_;
    Times times_;
    std::function<Result<void>()> run_;
    std::string told_; // the error of the last run
    boost::asio::steady_timer timer_;
};

} // namespace vpcd
