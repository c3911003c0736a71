#include "observe/socket_file.h"

#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/observe/fixture.h"

using vpcd::SocketFile;

namespace {

class Umask {
public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

private:
    mode_t before_;
};

// What a crash leaves: a name nobody listens behind.
void leave_stale(const std::filesystem::path& path)
{
    const std::string kept = path.string() + ".kept";
    {
        const auto file = SocketFile::open(path);
        REQUIRE(file);
        REQUIRE(::link(path.c_str(), kept.c_str()) == 0);
    }
    std::filesystem::rename(kept, path);
}

} // namespace

TEST_CASE("the socket has mode 0660 whatever the umask, and its name goes with it")
{
    for (const mode_t mask : {0000, 0022, 0077, 0777}) {
        CAPTURE(mask);
        const TestDirectory directory;
        const Umask umask{mask};
        {
            const auto file = SocketFile::open(directory.socket());

            REQUIRE(file);
            struct stat status{};
            REQUIRE(::stat(directory.socket().c_str(), &status) == 0);
            CHECK((status.st_mode & 0777) == 0660);
        }
        CHECK_FALSE(std::filesystem::exists(directory.socket()));
    }
}

TEST_CASE("a socket that a crash left behind is replaced")
{
    const TestDirectory directory;
    leave_stale(directory.socket());
    REQUIRE(std::filesystem::is_socket(directory.socket()));

    CHECK(SocketFile::open(directory.socket()));
}

TEST_CASE("a socket that somebody listens on is refused and stays")
{
    const TestDirectory directory;
    const auto first = SocketFile::open(directory.socket());
    REQUIRE(first);

    const auto second = SocketFile::open(directory.socket());

    REQUIRE_FALSE(second);
    CHECK(second.error().text().find("another vpcd answers") != std::string::npos);
    CHECK(std::filesystem::exists(directory.socket()));
}

TEST_CASE("a file that is no socket is refused and stays")
{
    const TestDirectory directory;
    std::ofstream{directory.socket()} << "precious";

    const auto file = SocketFile::open(directory.socket());

    REQUIRE_FALSE(file);
    CHECK(std::filesystem::is_regular_file(directory.socket()));
}

TEST_CASE("a name that somebody else has taken since is left alone")
{
    const TestDirectory directory;
    {
        const auto file = SocketFile::open(directory.socket());
        REQUIRE(file);
        std::filesystem::remove(directory.socket());
        std::ofstream{directory.socket()} << "precious";
    }

    CHECK(std::filesystem::exists(directory.socket()));
}

TEST_CASE("a name that does not fit a socket address, or in a directory that is not there, is an error")
{
    const TestDirectory directory;

    CHECK_FALSE(SocketFile::open(directory.path() / std::string(200, 'x')));
    CHECK_FALSE(SocketFile::open(directory.path() / "absent" / "api.sock"));
    CHECK_FALSE(SocketFile::open(""));
}
