// A helper process that is waited for by the event loop: no shell, no environment but PATH, a time limit.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace vpcd {

struct Command {
    std::filesystem::path program; // absolute
    std::vector<std::string> arguments;
    std::filesystem::path directory; // where it works
    std::chrono::milliseconds limit;
};

class Child {
public:
    // The end of what it printed (a mebibyte), both to standard output and error; an error, with the last lines of
    // that, when it did not end with 0 within the limit.
    using Handler = std::function<void(Result<std::string> output)>;

    // The handler is called by the event loop, once, unless the Child is destroyed before: that kills the process.
    static std::unique_ptr<Child> start(boost::asio::io_context&, const Command&, Handler);
    // Where there is nothing to start: the same end, for this reason.
    static std::unique_ptr<Child> failed(boost::asio::io_context&, Error, Handler);
    virtual ~Child() = default;

protected:
    // Dies with this object: a wait may be over already, its handler queued, when that happens.
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace vpcd
