// Random choices that a seed repeats.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace vpcd::oracle {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    // 0 to sides - 1. Not by a distribution of the library's, which another library rolls otherwise.
    unsigned roll(std::size_t sides) { return static_cast<unsigned>(random_() % sides); }
    bool chance(unsigned percent) { return roll(100) < percent; }
    template <typename Range>
    const auto& of(const Range& range)
    {
        return *(std::begin(range) + roll(std::size(range)));
    }

private:
    std::mt19937_64 random_;
};

} // namespace vpcd::oracle
