// How long to wait before what failed is tried again: twice as long each time, up to a limit.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace vpcd {

class Backoff {
public:
    using Duration = std::chrono::milliseconds;

    Backoff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}

    Duration next() { return std::exchange(next_, std::min(next_ * 2, longest_)); }
    void reset() { next_ = first_; }

private:
    Duration first_;
    Duration longest_;
    Duration next_;
};

} // namespace vpcd
