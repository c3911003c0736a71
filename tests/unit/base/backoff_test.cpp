#include "base/backoff.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace vpcd;
using namespace std::chrono_literals;

TEST_CASE("a back-off begins short, doubles, and stays at its limit until it is reset", "[base]")
{
    Backoff backoff{1s, 5s};
    std::vector<Backoff::Duration> waits;

    for (int i = 0; i < 5; ++i)
        waits.push_back(backoff.next());
    backoff.reset();

    CHECK(waits == std::vector<Backoff::Duration>{1s, 2s, 4s, 5s, 5s});
    CHECK(backoff.next() == 1s);
}
