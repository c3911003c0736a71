// What errors say, and that descriptors have one owner.
#include "base/error.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <fcntl.h>

#include "base/unique_fd.h"

namespace vpcd {

TEST_CASE("an error says where, what the layers were doing, and what went wrong")
{
    CHECK(Error::config("no").text() == "no");
    CHECK(Error::at({"net.yaml", 3, 7}, "no").text() == "net.yaml:3:7: no");
    CHECK(Error::at({"net.yaml", 0, 0}, "too large").text() == "net.yaml: too large");
    CHECK(Error::system(ENOENT, "open /x").text() == "open /x: No such file or directory");
    CHECK(Error::system(ENOENT, "open /x").during("start").text() == "start: open /x: No such file or directory");
    CHECK(Error::at({"net.yaml", 3, 7}, "no").during("read").text() == "net.yaml:3:7: read: no");
    CHECK(Error::system(ENOENT, "open /x").during("start").code() == ENOENT);
}

TEST_CASE("a descriptor is closed once, by its last owner")
{
    int number = -1;
    {
        UniqueFd first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        number = first.get();
        REQUIRE(number >= 0);
        UniqueFd second{std::move(first)};
        CHECK_FALSE(first); // NOLINT(bugprone-use-after-move): that it is empty is the point
        CHECK(::fcntl(second.get(), F_GETFD) >= 0);
    }
    CHECK(::fcntl(number, F_GETFD) == -1);
}

} // namespace vpcd
