// Records on their way to one client that reads more slowly than they may come. The queue is bounded: what does not
// fit is counted, and the client learns the number. Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include <boost/json/value.hpp>

namespace vpcd {

class Stream {
public:
    static constexpr std::size_t kCapacity = 1024; // records

    explicit Stream(std::size_t capacity = kCapacity) : capacity_(capacity) {}

    // For the side that has records.
    void write(const boost::json::value& record);
    bool is_open() const { return is_open_; }
    void on_close(std::function<void()> callback) { on_close_ = std::move(callback); }

    // For the side that has the client. `on_ready` is called when something can be taken again.
    void on_ready(std::function<void()> callback) { on_ready_ = std::move(callback); }
    // About `bytes` of whole lines, one JSON record each; empty when there is nothing.
    std::string take(std::size_t bytes);
    void close();

private:
    std::string lost_record();

    std::size_t capacity_;
    std::deque<std::string> lines_;
    std::uint64_t lost_ = 0;
    bool is_open_ = true;
    std::function<void()> on_ready_;
    std::function<void()> on_close_;
};

} // namespace vpcd
