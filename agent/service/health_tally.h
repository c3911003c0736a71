// How results in a row become a state. Pure.
#pragma once

namespace vpcd {

enum class Health { Unknown, Healthy, Unhealthy };

class HealthTally {
public:
    // How many in a row it takes to leave the other state.
    struct Needed {
        unsigned healthy;
        unsigned unhealthy;
    };

    explicit HealthTally(Health state) : state_(state) {}

    Health state() const { return state_; }

    // One more result. True: the state is another one now. What is unknown is decided by the first.
    bool add(bool is_success, Needed needed)
    {
        const Health seen = is_success ? Health::Healthy : Health::Unhealthy;
        if (seen == state_) {
            against_ = 0;
            return false;
        }
        ++against_;
        if (state_ != Health::Unknown && against_ < (is_success ? needed.healthy : needed.unhealthy))
            return false;
        state_ = seen;
        against_ = 0;
        return true;
    }

private:
    Health state_;
    unsigned against_ = 0; // results in a row that speak against the state
};

} // namespace vpcd
