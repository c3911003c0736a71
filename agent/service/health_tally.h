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

    explicit HealthTally(Health state) : state_(state), is_new_(state == Health::Unknown) {}

    Health state() const { return state_; }

    // One more result. True: the state is another one now. What is unknown is decided by the first, and what has
    // never been healthy by its first success.
    bool add(bool is_success, Needed needed)
    {
        const Health seen = is_success ? Health::Healthy : Health::Unhealthy;
        if (seen == state_) {
            against_ = 0;
            return false;
        }
        ++against_;
        const unsigned enough = is_new_ ? 1 : is_success ? needed.healthy : needed.unhealthy;
        if (against_ < enough)
            return false;
        is_new_ = is_new_ && !is_success;
        state_ = seen;
        against_ = 0;
        return true;
    }

private:
    Health state_;
    bool is_new_;          // has not been healthy yet
    unsigned against_ = 0; // results in a row that speak against the state
};

} // namespace vpcd
