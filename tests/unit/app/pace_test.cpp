#include "app/pace.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

using namespace std::chrono_literals;

TEST_CASE("what the kernel refuses is tried again soon, then ever more rarely, and never without a pause")
{
    Pace pace;

    for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s})
        CHECK(pace.after(false) == wait);
}

TEST_CASE("after a pass without errors the kernel is looked at every half minute, and errors begin anew")
{
    Pace pace;
    pace.after(false);
    pace.after(false);

    CHECK(pace.after(true) == 30s);
    CHECK(pace.after(false) == 1s);
}

} // namespace vpcd
