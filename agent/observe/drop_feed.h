// Hands drop records to everybody who follows them. Whoever reads the kernel's ring publishes here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "observe/stream.h"
#include "observe/views.h"

namespace vpcd {

// What is set must match.
struct DropFilter {
    std::optional<std::string> vpc;
    std::optional<std::string> interface;
    std::optional<std::string> reason;
};

class DropFeed {
public:
    // `on_change(true)`: somebody follows now; false: nobody does any more.
    explicit DropFeed(std::function<void(bool)> on_change);
    ~DropFeed();
    DropFeed(const DropFeed&) = delete;
    DropFeed& operator=(const DropFeed&) = delete;

    void publish(const DropRecord&);
    void follow(std::shared_ptr<Stream>, DropFilter);

private:
    struct State;
    std::shared_ptr<State> state_; // a stream may be closed after the feed is gone
};

} // namespace vpcd
