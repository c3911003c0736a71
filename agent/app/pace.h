// When the kernel is looked at again after a pass. Pure: the caller owns the timer.
#pragma once

#include "base/backoff.h"

namespace vpcd {

class Pace {
public:
    // `is_clean`: the pass had no error. Else the next one tries again, sooner at first.
    Backoff::Duration after(bool is_clean)
    {
        if (!is_clean)
            return backoff_.next();
        backoff_.reset();
        return kResync;
    }

private:
    static constexpr std::chrono::seconds kResync{30}; // HostKernel's occasion for its own, see HostKernelOptions

    Backoff backoff_{std::chrono::seconds{1}, std::chrono::minutes{1}};
};

} // namespace vpcd
