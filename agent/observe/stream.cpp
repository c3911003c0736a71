// The queue of records behind a streaming answer.
#include "observe/stream.h"

#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace vpcd {

std::string Stream::lost_record()
{
    return fmt::format("{{\"lost\":{}}}\n", std::exchange(lost_, 0));
}

void Stream::write(const boost::json::value& record)
{
    if (!is_open_)
        return;
    if (lines_.size() >= capacity_) {
        ++lost_;
        return;
    }
    // The gap is told where it is: between the records before it and this one.
    if (lost_ > 0)
        lines_.push_back(lost_record());
    lines_.push_back(boost::json::serialize(record) + '\n');
    if (on_ready_)
        on_ready_();
}

std::string Stream::take(std::size_t bytes)
{
    std::string out;
    while (!lines_.empty() && out.size() < bytes) {
        out += lines_.front();
        lines_.pop_front();
    }
    if (lines_.empty() && lost_ > 0)
        out += lost_record();
    return out;
}

void Stream::close()
{
    if (!std::exchange(is_open_, false))
        return;
    lines_.clear();
    on_ready_ = nullptr;
    if (auto callback = std::exchange(on_close_, nullptr))
        callback();
}

} // namespace vpcd
