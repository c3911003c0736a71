// Work that comes again: when, and what is said of its errors.
#include "app/chore.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

namespace {

using namespace std::chrono_literals;

} // namespace

TEST_CASE("the pause after a run is the usual one, or longer after a long run")
{
    CHECK(Chore::pause_after(3ms, 5s) == 5s);
    CHECK(Chore::pause_after(250ms, 5s) == 5s);
    CHECK(Chore::pause_after(1s, 5s) == 20s); // a twentieth of the time is spent on it
}

TEST_CASE("a chore runs again and again, whether it fails or not, until it is gone")
{
    boost::asio::io_context context;
    int runs = 0;
    std::unique_ptr<Chore> chore;
    chore = std::make_unique<Chore>(context, "counting", Chore::Times{0ms, 0ms}, [&]() -> Result<void> {
        if (++runs == 4)
            context.stop();
        return runs == 2 ? fail(Error::config("for once")) : Result<void>{};
    });

    context.run();
    chore.reset();
    context.restart();
    context.run();

    CHECK(runs == 4);
}

} // namespace vpcd
