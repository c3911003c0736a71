// The line that long work leaves for who asks meanwhile.
#include "app/progress.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "support/temporary_directory.h"

namespace vpcd {

namespace {

class Place {
public:
    std::filesystem::path file() const { return directory_.path() / "progress"; }
    std::string text() const
    {
        std::ostringstream text;
        text << std::ifstream{file()}.rdbuf();
        return text.str();
    }

private:
    TemporaryDirectory directory_;
};

} // namespace

TEST_CASE("long work says what it is at, step by step, and leaves nothing behind")
{
    const Place place;
    Progress progress{place.file()};

    progress.at("planning", 1'000'000);
    CHECK(place.text() == std::to_string(::getpid()) + " planning (1000000 items)\n");
    progress.at("writing kernel tables", 3); // small, but of work that is long already
    CHECK(place.text() == std::to_string(::getpid()) + " writing kernel tables (3 items)\n");
    progress.end();
    CHECK_FALSE(std::filesystem::exists(place.file()));
}

TEST_CASE("small work leaves no line")
{
    const Place place;
    Progress progress{place.file()};

    progress.at("planning", 10);

    CHECK_FALSE(std::filesystem::exists(place.file()));
}

TEST_CASE("the line of an agent that was killed at work goes with the next start")
{
    const Place place;
    std::ofstream{place.file()} << "1 planning (1000000 items)\n";

    const Progress progress{place.file()};

    CHECK_FALSE(std::filesystem::exists(place.file()));
}

TEST_CASE("work that ends with its agent leaves nothing behind")
{
    const Place place;

    {
        Progress progress{place.file()};
        progress.at("planning", 1'000'000);
    }

    CHECK_FALSE(std::filesystem::exists(place.file()));
}

} // namespace vpcd
